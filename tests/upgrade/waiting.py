"""Waiting on conditions, and the end of everything that a test has started."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import httpx

from tests.upgrade.code import MARK

T = TypeVar("T")
DEADLINE_S = 400.0
"""For one condition, on a machine where eight other processes want the cores."""


def until(look: Callable[[], T | None], what: str) -> T:
    """The first true answer of `look`; a dropped connection counts as none. Raises: AssertionError."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if found := look():
                return found
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come within {DEADLINE_S:g} s")


def process_state(pid: int) -> str:
    """The letter of /proc/<pid>/stat; X for one that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def is_living(pid: int) -> bool:
    return process_state(pid) not in "ZX"


def kill_marked(mark: Path) -> None:
    """Kill every process that was started with this mark, and what those have started."""
    text = f"{MARK}={mark}".encode()

    def are_gone() -> bool:
        left = [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if text in _environment(pid)]
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not left

    until(are_gone, f"the end of all processes of {mark}")


def _environment(pid: int) -> list[bytes]:
    """Of a living process of ours; empty for a dead one, or another user's."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
