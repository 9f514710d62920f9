"""Reads what was appended to an event log since a known position, and notices when it is no longer the same log.

A position is an offset and a marker: a hash of the file's first 256 bytes and of the 256 before the offset. A file that
still has them is the same log grown longer. If it has not, the `log_id` in its first line decides: the same log,
rewritten, is read again from its start (what is stored is recognised by `seq`); another log in its place is a fault and
is not read.

Nothing here touches the database: `events_to_rows` commits the position with the rows that were read up to it.
"""

import hashlib
import os
import stat
from pathlib import Path

import msgspec

from trainer.contract import events

EDGE_BYTES = 256
BLOCK_BYTES = 1 << 20
"""The most that one call reads, unless a single line is longer."""
MAX_LINE_BYTES = 1 << 20
_USUAL_LINE_BYTES = 1 << 12
_MAX_SQLITE_INT = 2**63 - 1


class Position(msgspec.Struct, frozen=True):
    """How far a log has been read. `skipping`: the offset is inside a line that is too long to be an event."""

    dev: int = 0
    ino: int = 0
    offset: int = 0
    marker: bytes = b""
    skipping: bool = False


class Fault(msgspec.Struct, frozen=True):
    """An error in a log at `offset` (bytes): `code` as a stable word, `reason` as a sentence."""

    offset: int
    code: str
    reason: str


class Block(msgspec.Struct, frozen=True):
    """Whole lines from byte `start` on; `position` is behind them.

    `restarted`: the log was rewritten and is being read from its start again. `more`: there is more to read at once.
    `torn`: how many bytes of an unfinished line lie behind `position`.
    """

    start: int
    data: bytes
    position: Position
    faults: list[Fault] = []
    restarted: bool = False
    more: bool = False
    torn: int = 0


def read_block(path: Path, position: Position, log_id: str, block_bytes: int = BLOCK_BYTES) -> Block | None:
    """Read the next whole lines of the log at `path` behind `position`; None if there is no such file.

    `log_id` is what the log's header said when it was first read ("" if it had none). Raises: OSError.
    """
    try:
        fd = _open(path)
    except FileNotFoundError:
        return None
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            return None
        return _read_block(fd, status, position, log_id, block_bytes)
    finally:
        os.close(fd)


def end_of_block(path: Path, start: int, block_bytes: int = BLOCK_BYTES) -> int | None:
    """Find the end of the block that `read_block` would read from `start` on, if all of it is there already and its
    last line is of a usual length; else None. Raises: OSError."""
    size = min(_USUAL_LINE_BYTES, block_bytes)
    with open(path, "rb", buffering=0, opener=_open) as file:
        data = os.pread(file.fileno(), size, start + block_bytes - size)
    newline = data.rfind(b"\n")
    return start + block_bytes - size + newline + 1 if len(data) == size and newline >= 0 else None


def read_span(path: Path, start: int, end: int) -> tuple[bytes, Position]:
    """Read the bytes from `start` to `end`. Returns them and the position behind them. Raises: OSError."""
    with open(path, "rb", buffering=0, opener=_open) as file:
        status = os.fstat(file.fileno())
        head, tail = _edges(file.fileno(), end)
        dev, ino = status.st_dev & _MAX_SQLITE_INT, status.st_ino & _MAX_SQLITE_INT
        return os.pread(file.fileno(), end - start, start), Position(dev, ino, end, _mark(head, tail))


def _open(path: Path | str, flags: int = os.O_RDONLY) -> int:
    """Open without waiting for a writer, should it be a pipe."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def _read_block(fd: int, status: os.stat_result, position: Position, log_id: str, block_bytes: int) -> Block:
    dev, ino = status.st_dev & _MAX_SQLITE_INT, status.st_ino & _MAX_SQLITE_INT
    offset, skipping = position.offset, position.skipping
    head, tail = _edges(fd, offset)
    faults: list[Fault] = []
    restarted = False
    if offset:
        same = status.st_size >= offset and _mark(head, tail) == position.marker
        if not same or (dev, ino) != (position.dev, position.ino):
            found = _first_log_id(fd)
            if found is None and not same:
                reason = "The log was cut short under the reader; waiting for it to begin again."
                return Block(offset, b"", position, [Fault(offset, "truncated", reason)])
            if found != log_id or (not log_id and not same):
                names = f"({found or 'without a header'}) is where log {log_id or 'without a header'} was"
                reason = f"Another log {names}; it is not read."
                return Block(offset, b"", position, [Fault(offset, "replaced", reason)])
        if not same:
            faults.append(Fault(offset, "rewritten", "The log was rewritten; it was read again from its start."))
            restarted, offset, skipping, head, tail = True, 0, False, b"", b""
    start, data, end, skipping, torn = _read_lines(fd, offset, skipping, block_bytes, faults)
    read = _span(fd, offset, end, data, start)
    marker = _mark((head + read[:EDGE_BYTES])[:EDGE_BYTES], (tail + read[-EDGE_BYTES:])[-EDGE_BYTES:])
    return Block(
        start,
        data,
        Position(dev, ino, end, marker, skipping),
        faults,
        restarted,
        more=end + torn < status.st_size and end > offset,
        torn=torn,
    )


def _read_lines(
    fd: int, offset: int, skipping: bool, block_bytes: int, faults: list[Fault]
) -> tuple[int, bytes, int, bool, int]:
    """Read whole lines from `offset` on. Returns where they start, the lines, where they end, whether that is inside a
    line too long to be an event, and how many bytes of an unfinished line follow."""
    data = os.pread(fd, block_bytes, offset)
    if b"\n" not in data and len(data) == block_bytes:
        data = os.pread(fd, max(MAX_LINE_BYTES, block_bytes), offset)
    start = offset
    if skipping:
        newline = data.find(b"\n")
        if newline < 0:
            return offset + len(data), b"", offset + len(data), True, 0
        start += newline + 1
        data = data[newline + 1 :]
    end = data.rfind(b"\n") + 1
    if end == 0 and len(data) >= MAX_LINE_BYTES:
        faults.append(Fault(start, "line_too_long", f"A line of more than {MAX_LINE_BYTES} bytes was set aside."))
        return start + len(data), b"", start + len(data), True, 0
    return start, data[:end], start + end, False, len(data) - end


def _span(fd: int, offset: int, end: int, data: bytes, start: int) -> bytes:
    """Return the bytes from `offset` to `end` that the edges need: `data` itself unless something was skipped."""
    if start == offset and len(data) == end - offset:
        return data
    if end - offset <= 2 * EDGE_BYTES:
        return os.pread(fd, end - offset, offset)
    return os.pread(fd, EDGE_BYTES, offset) + os.pread(fd, EDGE_BYTES, end - EDGE_BYTES)


def _edges(fd: int, offset: int) -> tuple[bytes, bytes]:
    """Read the first bytes of the file and those before `offset`."""
    size = min(offset, EDGE_BYTES)
    return os.pread(fd, size, 0), os.pread(fd, size, offset - size)


def _mark(head: bytes, tail: bytes) -> bytes:
    return hashlib.blake2b(head + tail, digest_size=16).digest()


def _first_log_id(fd: int) -> str | None:
    """Read the `log_id` in the file's first line: "" if that is no header, None if the line is not whole yet."""
    line, newline, _ = os.pread(fd, MAX_LINE_BYTES, 0).partition(b"\n")
    if not newline:
        return None
    try:
        event = events.decode(line)
    except (ValueError, RecursionError):
        return ""
    return event.log_id if isinstance(event, events.Header) else ""
