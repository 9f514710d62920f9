"""A backend process on folders of its own, as a person starts it, and what it takes of the machine."""

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench import HOME

WAIT_S = 1800.0


class Backend:
    """One process, asked over one kept-alive connection."""

    def __init__(self, folder: Path) -> None:
        self.runs_dir = folder / "training_logs"
        self.state_dir = folder / "state"
        self.runs_dir.mkdir(exist_ok=True)
        env = {
            **os.environ,
            "LORADECK_LOGS_DIR": str(self.runs_dir),
            "LORADECK_STATE_DIR": str(self.state_dir),
            "LORADECK_PORT": "0",
            "LORADECK_DATA_ROOTS": str(folder),
        }
        self._process = subprocess.Popen([sys.executable, "-m", "services.backend"], env=env, stdout=subprocess.DEVNULL)
        address = self.state_dir / "backend.json"
        until(lambda: address.exists() or self._process.poll() is not None, "the backend's start", 60)
        self.port: int = json.loads(address.read_bytes())["port"]
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)

    def fetch(self, path: str, **query: str | int | float) -> bytes:
        """The answer's body. Raises: RuntimeError where that is no 200."""
        self._connection.request("GET", f"{path}?{urlencode(query)}" if query else path)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"GET {path} {query} answered {answer.status}: {body[:500]!r}")
        return body

    def get(self, path: str, **query: str | int | float) -> Any:
        return json.loads(self.fetch(path, **query))

    def add(self, folder: Path) -> float:
        """Move a run folder in. Returns: when, by `time.perf_counter`."""
        at = time.perf_counter()
        folder.rename(self.runs_dir / folder.name)
        return at

    def wait_for(self, steps_by_run: dict[str, int]) -> None:
        """Until the list shows each run ended at its last step, and the loss of that step can be asked for."""

        def look() -> bool:
            shown = {run["id"]: run["step"] for run in self.get("/api/runs") if run["state"] == "succeeded"}
            return all(shown.get(run_id) == step for run_id, step in steps_by_run.items())

        until(look, f"the last of {sum(steps_by_run.values()):,} steps")
        for run_id, step in steps_by_run.items():
            window = self.get("/api/metrics", run=run_id, keys="train/loss", **{"from": step, "to": step})
            assert window["runs"][0]["series"][0]["x"] == [step], f"{run_id} has no loss at step {step}"

    @property
    def cpu_s(self) -> float:
        """User and system time so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def peak_rss_bytes(self) -> int:
        """Of the process and of those that it has started and not ended, each at its peak; what they share counts
        for each."""
        children = Path(f"/proc/{self._process.pid}/task").glob("*/children")
        pids = [str(self._process.pid), *(pid for file in children for pid in file.read_text().split())]
        return sum(map(_peak_rss_bytes, pids))

    def close(self) -> int:
        """End the process in good order. Returns: the bytes of its database then."""
        self._connection.close()
        self._process.terminate()
        self._process.wait(60)
        return sum(file.stat().st_size for file in self.state_dir.glob("loradeck.db*"))

    def kill(self) -> None:
        self._connection.close()
        self._process.kill()
        self._process.wait()


def _peak_rss_bytes(pid: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


@contextmanager
def backend(folder: Path) -> Iterator[Backend]:
    """A backend under `folder`, killed at the end unless it was closed."""
    found = Backend(folder)
    try:
        yield found
    finally:
        found.kill()


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder beside the kept logs, so that these can be linked into it; deleted at the end."""
    HOME.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=HOME))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def until(look: Callable[[], bool], what: str, within_s: float = WAIT_S) -> None:
    """Until `look()` is true, looking often at first and then every hundredth of the time. Raises: TimeoutError."""
    began = time.monotonic()
    while not look():
        waited_s = time.monotonic() - began
        if waited_s > within_s:
            raise TimeoutError(f"{what} did not come within {within_s:g} s")
        time.sleep(max(0.01, waited_s / 100))
