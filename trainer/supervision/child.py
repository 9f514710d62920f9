"""A process that is kept up: started, started again when it has ended, and taken along when its parent dies."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.5, 30.0
STEADY_S = 60.0
"""A child that was up for so long starts again without delay."""

_PR_SET_PDEATHSIG = 1


class Child:
    """One of Loradeck's processes. It is in a group of its own, so Ctrl-C reaches only us, and leaves when we die.

    It prints into the file `log`, or where we do.
    """

    def __init__(self, name: str, argv: list[str], environment: dict[str, str], log: Path | None = None) -> None:
        self.name, self.argv, self.environment, self.log = name, argv, environment, log
        self.backoff_s = FIRST_BACKOFF_S
        self.start()

    def start(self) -> None:
        with ExitStack() as files:
            log = files.enter_context(open(self.log, "ab")) if self.log is not None else None
            self.log_start = log.tell() if log is not None else 0
            self.process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                process_group=0,
                preexec_fn=die_with_parent(),
            )
        self.started_at = time.monotonic()
        self.again_at: float | None = None

    def last_line(self) -> str:
        """The last line that it has printed since it was started; empty where that is not kept."""
        if self.log is None:
            return ""
        with open(self.log, "rb") as log:
            log.seek(self.log_start)
            lines = log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def look_after(self) -> str | None:
        """Start it again if it has ended, later each time. Returns a sentence when there is something to say."""
        now = time.monotonic()
        if self.again_at is not None:
            if now >= self.again_at:
                self.start()
            return None
        if self.process.poll() is None:
            return None
        if now - self.started_at > STEADY_S:
            self.backoff_s = FIRST_BACKOFF_S
        self.again_at = now + self.backoff_s
        wait = f"{self.backoff_s:g} s"
        self.backoff_s = min(2 * self.backoff_s, LAST_BACKOFF_S)
        see = f" See {self.log}" if self.log is not None else ""
        return f"The {self.name} has ended ({how(self.process.returncode)}); it is started again in {wait}.{see}"


def die_with_parent() -> Callable[[], None]:
    """What a child has to call before anything else, so that it is told to leave when we die."""
    us = os.getpid()
    libc = ctypes.CDLL(None)  # not after the fork, where a lock of its loading may be held

    def fasten() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        die_with(us, signal.SIGTERM, libc)

    return fasten


def die_with(parent: int, number: int = signal.SIGKILL, libc: ctypes.CDLL | None = None) -> None:
    """Have this process, which `parent` has just started, sent the signal `number` when that dies. Call first."""
    (libc or ctypes.CDLL(None)).prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os._exit(1)


def end(process: "subprocess.Popen[bytes]", leave_s: float) -> None:
    """SIGTERM, if it is still there, and SIGKILL where it has not left in so many seconds; collects the process."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(leave_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def how(status: int | None) -> str:
    """What an exit status means, in words; None is that of a process which the kernel keeps."""
    if status is None:
        return "no status"
    return f"exit code {status}" if status >= 0 else f"signal {-status}"
