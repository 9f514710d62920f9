"""End what a failed test left running."""

import contextlib
import os
import signal
from pathlib import Path


def end_processes_of(folder: Path) -> None:
    """Kill the processes whose command line or environment names a path below `folder`, shims first."""
    for file in ("cmdline", "environ"):
        for pid in (int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()):
            with contextlib.suppress(OSError):
                if str(folder).encode() + b"/" in Path(f"/proc/{pid}/{file}").read_bytes():
                    os.kill(pid, signal.SIGKILL)
