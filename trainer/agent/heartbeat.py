"""Tell other processes, such as a container's healthcheck, whether this host's agent works, by a file that it touches.

`training_logs/.agent-<host>` is new each time the backend has answered the agent. It lies beside the runs because that
folder can be written wherever Loradeck runs, also where the root of a container is read-only.
"""

import os
import re
import socket
import time
from contextlib import suppress
from pathlib import Path

from trainer.contract.rundir import RunDir, parse_log_name
from trainer.supervision.launcher import alive_runs

ASKED_S = 30.0
"""The agent asks once a second."""
MOVED_S = 60.0
"""A log gets a heartbeat every 5 s."""


def path(logs_dir: Path) -> Path:
    return logs_dir / f".agent-{re.sub(r'[^A-Za-z0-9.-]', '-', socket.gethostname())}"


def beat(logs_dir: Path) -> None:
    """Say that the backend has just answered. A full disk does not stop that, once the file is there."""
    with suppress(OSError):
        path(logs_dir).touch()


def end(logs_dir: Path) -> None:
    """Say that the agent has left."""
    with suppress(OSError):
        path(logs_dir).unlink()


def is_healthy(logs_dir: Path) -> tuple[bool, str]:
    """Tell whether the agent has reached the backend lately or a run moves on without it, and why, in a sentence."""
    now = time.time()
    asked_s = _age_s(path(logs_dir), now)
    if asked_s is not None and asked_s < ASKED_S:
        return True, f"The backend answered the agent {asked_s:.0f} s ago."
    for run in alive_runs(logs_dir):
        moved_s = min(filter(None, (_age_s(log, now) for log in _logs(run))), default=MOVED_S)
        if moved_s < MOVED_S:
            return True, f"{run.run_id} is alive and wrote {moved_s:.0f} s ago; the agent does not reach the backend."
    since = f"for {asked_s:.0f} s" if asked_s is not None else "yet"
    return False, f"The agent has not reached the backend {since}, and no run gets on. Its output says why."


def _logs(run: RunDir) -> list[Path]:
    with suppress(OSError):
        return [run.path / name for name in os.listdir(run.path) if parse_log_name(name) is not None]
    return []


def _age_s(file: Path, now: float) -> float | None:
    with suppress(OSError):
        return max(1e-9, now - file.stat().st_mtime)
    return None
