"""Start processes of ours, talk to them through pipes, and end them whatever they do. This is the one way to do so.

Each leads a process group of its own, so that Ctrl-C in a terminal reaches only us and its end reaches what it has
started, and each dies with its parent:

    spawn           any command; it gets SIGTERM when we die
    spawn_module    one of our modules, with pipes; it calls `die_with` first, and gets SIGKILL when we die

The shim of a run is the exception: it has to outlive whoever starts it (`launcher.start_shim`).
"""

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO

GONE_S = 2.0
"""How long to wait for a killed process: one that the kernel keeps, on a dead disk, is left to it."""
LENGTH_BYTES = 4
"""Before each frame: its length, little-endian."""

_PR_SET_PDEATHSIG = 1
_READ_BYTES = 1 << 20


def spawn(
    argv: Sequence[str],
    environment: Mapping[str, str] | None = None,
    stdout: IO[bytes] | None = None,
    stderr: IO[bytes] | None = None,
) -> "subprocess.Popen[bytes]":
    """Start a command without input that prints to these files, or where we do. Raises: OSError."""
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        env=environment,
        process_group=0,
        preexec_fn=_before_exec(),
    )


def spawn_module(
    module: str, *arguments: str, environment: Mapping[str, str] | None = None, pass_fds: Sequence[int] = ()
) -> "subprocess.Popen[bytes]":
    """Start `python -m module OUR_PID ARGUMENT...` with pipes for its standard input and output.

    The module has to call `die_with(OUR_PID)` first. Nothing runs between fork and exec, so threads do no harm.
    """
    return subprocess.Popen(
        [sys.executable, "-m", module, str(os.getpid()), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        pass_fds=pass_fds,
        process_group=0,
    )


def die_with(parent: int, number: int = signal.SIGKILL, libc: ctypes.CDLL | None = None) -> None:
    """Have this process, which `parent` has just started, sent the signal `number` when that dies. Call first."""
    (libc or ctypes.CDLL(None)).prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os._exit(1)


def end(process: "subprocess.Popen[bytes]", leave_s: float = 0.0) -> None:
    """Send SIGTERM, wait `leave_s` seconds, and send SIGKILL to the group of a process that is still there.

    Without `leave_s` it is killed at once. Collects the process and closes its pipes.
    """
    if process.poll() is None and leave_s > 0:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(leave_s)
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GONE_S)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()


def end_all(processes: Sequence["subprocess.Popen[bytes]"], leave_s: float) -> None:
    """End several, which have `leave_s` seconds to leave side by side."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + leave_s
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
        end(process)


def exit_text(status: int | None) -> str:
    """Put an exit status in words; None is that of a process which the kernel keeps."""
    if status is None:
        return "no status"
    return f"exit code {status}" if status >= 0 else f"signal {-status}"


class Lines:
    """Reads the lines that come through a pipe."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self.fd = pipe.fileno()
        self.ended = False
        self._rest = b""
        self._whole: list[bytes] = []

    def next(self, wait_s: float) -> bytes | None:
        """Return the next line, without its end, if one comes within so many seconds."""
        if not self._whole and not self.ended:
            with selectors.DefaultSelector() as selector:
                selector.register(self.fd, selectors.EVENT_READ)
                if selector.select(wait_s):
                    self._read()
        return self._whole.pop(0) if self._whole else None

    def _read(self) -> None:
        data = os.read(self.fd, _READ_BYTES)
        self.ended = not data
        *whole, self._rest = (self._rest + data).split(b"\n")
        self._whole += whole


class Frames:
    """Reads the frames that come through a pipe: bodies of bytes behind their length."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._fd = pipe.fileno()
        self.ended = False
        self._unread = bytearray()

    def read(self) -> bytes | None:
        """Read what is there, waiting for something to be; return the next frame if it is whole."""
        data = os.read(self._fd, _READ_BYTES)
        self.ended = not data
        self._unread += data
        if len(self._unread) < LENGTH_BYTES:
            return None
        end = LENGTH_BYTES + int.from_bytes(self._unread[:LENGTH_BYTES], "little")
        if len(self._unread) < end:
            return None
        body = bytes(self._unread[LENGTH_BYTES:end])
        del self._unread[:end]
        return body


def framed(body: bytes) -> bytes:
    """Put the length of a body before it."""
    return len(body).to_bytes(LENGTH_BYTES, "little") + body


def read_frame(file: IO[bytes]) -> bytes | None:
    """Read the next frame of a buffered file, waiting for it. None at the file's end."""
    length = file.read(LENGTH_BYTES)
    return file.read(int.from_bytes(length, "little")) if length else None


def _before_exec() -> Callable[[], None]:
    """Make what a child has to call before anything else, so that it is told to leave when we die."""
    us = os.getpid()
    libc = ctypes.CDLL(None)  # not after the fork, where a lock of its loading may be held

    def before_exec() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        die_with(us, signal.SIGTERM, libc)

    return before_exec
