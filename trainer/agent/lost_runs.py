"""Find runs whose shim is gone, kill what they have left behind, and write their end."""

import contextlib
import os
import signal
import socket
import time
from pathlib import Path

from trainer.contract.messages import sentence
from trainer.contract.rundir import Exit, RunDir, parse_log_name
from trainer.supervision import shim
from trainer.supervision.launcher import take_lock


def settle(run: RunDir, attempt: int) -> None:
    """End a lost attempt for good. The lock keeps others from starting the next one meanwhile."""
    lock = take_lock(run, wait_s=0)
    if lock is None:
        return
    try:
        if has_exit(run, attempt):
            return
        swept = sweep(run.path)
        by_host = fell_with_host(run, attempt)
        run.write_exit(Exit(attempt=attempt, how="lost", killed=bool(swept), by_host=by_host, ended_at=time.time()))
        said = sentence("lost.by_host" if by_host else "lost.shim_gone", run=run.run_id)
        if swept:
            said += " " + sentence("lost.swept", processes=len(swept))
        print(said, flush=True)
    finally:
        os.close(lock)


def newest_shim(run: RunDir) -> int | None:
    """Find the newest attempt that a shim began; None in a folder that was only copied in or is still queued."""
    names = map(parse_log_name, os.listdir(run.path))
    return max((name.attempt for name in names if name and name.rank == -1), default=None)


def has_exit(run: RunDir, attempt: int) -> bool:
    exit = run.read_exit()
    return exit is not None and exit.attempt >= attempt


def fell_with_host(run: RunDir, attempt: int) -> bool:
    """Tell whether the lost attempt ended with this host, which asked it to leave or has been restarted since. What
    other hosts did is not known here.
    """
    state, reason = run.read_state(), run.stop_reason(attempt)
    if reason is not None:
        return reason == "host"
    if state is None or state.attempt != attempt or state.host != socket.gethostname():
        return False
    return state.boot_id != shim.boot_id() or state.init_start not in (0, shim.started(1))


def sweep(run: Path) -> list[int]:
    """SIGKILL every process that the run's shim started, until none is left. Returns their numbers.

    They are known by the folder in their environment, not the run's id: the copy of a live run's folder is not it.
    Raises: OSError where some do not die within 10 s, so that the run is not called over.
    """
    mark = f"LORADECK_RUN_DIR={run.resolve()}".encode()
    swept: set[int] = set()
    deadline = time.monotonic() + 10
    while found := [pid for pid in _processes() if mark in _environment(pid)]:
        if time.monotonic() > deadline:
            raise OSError(sentence("lost.do_not_die", processes=found))
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                swept.add(pid)
        time.sleep(0.02)
    return sorted(swept)


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]


def _environment(pid: int) -> list[bytes]:
    """Read a process's environment; empty if the process is gone, a zombie, or another user's."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
