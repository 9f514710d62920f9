"""What the drivers share. They run in the rivals' own environment, so nothing of Loradeck is imported here."""

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

Points = tuple[list[int], list[float]]
"""Steps and values."""


def ask(url: str, body: dict[str, Any] | None = None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=900) as answer:
        return bytes(answer.read())


def time_way(
    name: str, folder: Path, rounds: int, fetch: Callable[[], bytes], points: Callable[[bytes], Points]
) -> dict[str, Any]:
    """Ask `rounds` times; the points of the last answer are left in `folder`."""
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        answer = fetch()
        seconds.append(time.perf_counter() - began)
    steps, values = points(answer)
    file = folder / f"{name.replace(' ', '-')}.npz"
    np.savez(file, steps=np.array(steps), values=np.array(values))
    return {"way": name, "seconds": seconds, "bytes": len(answer), "points": str(file)}


@contextmanager
def server(command: list[str], ready_url: str, is_ready: Callable[[bytes], bool]) -> Iterator[float]:
    """A server, once `ready_url` answers as it should. Yields: how long that took, in seconds."""
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while not _answers(ready_url, is_ready):
                if process.poll() is not None or time.perf_counter() - began > 300:
                    raise RuntimeError(f"{command[0]} did not come up")
                time.sleep(0.1)
            yield time.perf_counter() - began
        finally:
            process.terminate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def say(**found: Any) -> None:
    """The driver's last line, which is what its caller reads."""
    json.dump(found, sys.stdout)
    print(flush=True)


def _answers(url: str, is_ready: Callable[[bytes], bool]) -> bool:
    try:
        return is_ready(ask(url))
    except (urllib.error.URLError, ConnectionError):
        return False
