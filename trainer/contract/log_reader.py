"""Read event logs as they grow: whole lines only, from an offset; a torn last line is left for the next look."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from trainer.contract.events import Event, decode

_TAIL_BYTES = 1 << 16


def read_lines(path: Path, offset: int = 0) -> tuple[list[bytes], int]:
    """Read the whole lines from byte `offset` on, without their ends. Returns them and the offset behind them.

    Raises: OSError.
    """
    with open(path, "rb") as file:
        file.seek(offset)
        *lines, torn = file.read().split(b"\n")
        return lines, file.tell() - len(torn)


def read_last_line(path: Path) -> bytes:
    """Read the last whole line that is shorter than 64 KB; empty if there is none. Raises: OSError."""
    lines, _ = read_lines(path, max(0, os.stat(path).st_size - _TAIL_BYTES))
    return lines[-1] if lines else b""


class LogReader:
    """Follows one event log. What is not an event is passed over."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0
        """Behind the last line that was read."""

    def read(self) -> Iterator[Event]:
        """Yield the events that have come since the last call; none while there is no such file. Raises: OSError."""
        try:
            lines, _ = read_lines(self.path, self.offset)
        except FileNotFoundError:
            return
        for line in lines:
            self.offset += len(line) + 1
            with contextlib.suppress(msgspec.MsgspecError):
                yield decode(line)
