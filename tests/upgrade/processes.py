"""Tell which processes live, and end everything that a test has started."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from tests.harness.waiting import until
from tests.upgrade.code import MARK


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
