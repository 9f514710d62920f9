"""Child processes that are ended whatever they do: each leads a group of its own and dies with its parent."""

import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO

GONE_S = 2.0
"""How long to wait for a killed process: one that the kernel keeps, on a dead disk, is left to it."""


def spawn(
    command: Sequence[str], environment: Mapping[str, str] | None = None, pass_fds: Sequence[int] = ()
) -> "subprocess.Popen[bytes]":
    """Python on the module and arguments of `command`, with pipes for its standard input and output."""
    return subprocess.Popen(
        [sys.executable, "-m", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        pass_fds=pass_fds,
        process_group=0,
    )


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill the process's group, and collect the process."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GONE_S)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()


class Lines:
    """The lines that come through a pipe."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self.fd = pipe.fileno()
        self.ended = False
        self._rest = b""
        self._whole: list[bytes] = []

    def next(self, wait_s: float) -> bytes | None:
        """The next line, without its end, if one comes within so many seconds."""
        if not self._whole and not self.ended:
            with selectors.DefaultSelector() as selector:
                selector.register(self.fd, selectors.EVENT_READ)
                if selector.select(wait_s):
                    self._read()
        return self._whole.pop(0) if self._whole else None

    def _read(self) -> None:
        data = os.read(self.fd, 1 << 16)
        self.ended = not data
        *whole, self._rest = (self._rest + data).split(b"\n")
        self._whole += whole
