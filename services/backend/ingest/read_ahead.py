"""Reads long logs ahead in processes beside the server, so that catching up uses more than one core.

A reader parses a block of lines and compresses it, which is most of the work. The server still reads every block
itself, compares the position behind it with the reader's, and commits. So a reader is trusted no further than the log
itself, and one that dies, hangs or reads in vain costs only time: the server then does its work.

A reader ends by itself when the server's end of its socket is closed, whatever became of the server. So a socket pair
and `kill` are enough here, without the signals, output and process groups of the trainer's child processes, whose code
the backend does not import: it takes only the contract from the trainer.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import OrderedDict
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from services.backend.ingest import tail
from services.backend.ingest.bulk import Bulk, BulkReader
from services.backend.ingest.malloc import keep_freed
from services.backend.ingest.tail import Block, Position

MAX_READERS = 4
STARTED_AT_BYTES = 32 << 20
"""Readers are started only if this much of a log is left: starting takes as long as reading 20 MB."""
MAX_PENDING = 3
"""Blocks requested of one reader at a time."""
ANSWER_WAIT_S = 1.0
"""How long to wait for a reader's answer while a transaction is open."""
STALE_S = 10.0
"""A block that was requested this long ago and not fetched is of a log that is not read any more."""
UNUSED_S = 5.0
"""Readers that were idle for this long are ended."""
_NICENESS = 5
_KEPT_LOGS = 64


class _Request(msgspec.Struct, frozen=True):
    path: str
    start: int
    end: int


class _Answer(msgspec.Struct, frozen=True):
    """`position` is None if the log cannot be read, `bulk` if the block cannot be read in bulk."""

    position: Position | None
    bulk: Bulk | None


_encode = msgspec.msgpack.Encoder().encode
_decode_request = msgspec.msgpack.Decoder(_Request).decode
_decode_answer = msgspec.msgpack.Decoder(_Answer).decode


class ReadAhead:
    """The readers, started for a long log and ended when idle. For one thread."""

    def __init__(self, readers: int | None = None) -> None:
        """`readers`: how many; by default one a core, but none on a single core."""
        cores = len(os.sched_getaffinity(0))
        self._count = (min(MAX_READERS, cores) if cores > 1 else 0) if readers is None else readers
        self._readers: list[_Reader] = []
        self._pending: OrderedDict[tuple[str, int], _Pending] = OrderedDict()
        self._used_at = 0.0
        self.fetched = 0
        """How many blocks readers have read."""

    def start(self) -> None:
        if not self._readers:
            self._readers = [_Reader() for _ in range(self._count)]
        self._used_at = time.monotonic()

    def request(self, path: Path, offset: int, size: int) -> None:
        """Have the readers read the log at `path`, which has `size` bytes, from `offset` on."""
        if size - offset >= STARTED_AT_BYTES:
            self.start()
        if not self._readers:
            return
        self._collect()
        self._drop_stale()
        start = offset
        with suppress(OSError):
            while start + tail.BLOCK_BYTES <= size and (reader := self._free_reader()) is not None:
                known = self._pending.get((str(path), start))
                end = known.end if known is not None else tail.end_of_block(path, start, tail.BLOCK_BYTES)
                if end is None:
                    break
                if known is None:
                    pending = _Pending(reader, end, time.monotonic())
                    if not reader.send(_Request(str(path), start, end), pending):
                        break
                    self._pending[str(path), start] = pending
                start = end

    def fetch(self, path: Path, block: Block) -> Bulk | None:
        """Return what a reader made of `block`, just read from `path`; None if none did or it found another log."""
        pending = self._pending.pop((str(path), block.start), None)
        if pending is None:
            return None
        self._used_at = time.monotonic()
        deadline = self._used_at + ANSWER_WAIT_S
        while pending.answer is None and pending.reader.is_alive and time.monotonic() < deadline:
            pending.reader.collect(deadline - time.monotonic())
        if pending.answer is None or pending.answer.position != block.position or block.restarted:
            return None
        self.fetched += pending.answer.bulk is not None
        return pending.answer.bulk

    def close_if_idle(self) -> None:
        """End the readers if they were idle for a while."""
        if self._readers and time.monotonic() - self._used_at > UNUSED_S:
            self.close()

    def close(self) -> None:
        for reader in self._readers:
            reader.close()
        self._readers.clear()
        self._pending.clear()

    def _collect(self) -> None:
        for reader in self._readers:
            reader.collect(0)

    def _free_reader(self) -> "_Reader | None":
        ready = [reader for reader in self._readers if reader.is_ready and len(reader.pending) < MAX_PENDING]
        return min(ready, key=lambda reader: len(reader.pending), default=None)

    def _drop_stale(self) -> None:
        now = time.monotonic()
        while self._pending and now - next(iter(self._pending.values())).at > STALE_S:
            self._pending.popitem(last=False)


class _Pending:
    """A block that was requested."""

    def __init__(self, reader: "_Reader", end: int, at: float) -> None:
        self.reader, self.end, self.at = reader, end, at
        self.answer: _Answer | None = None


class _Reader:
    """One process. It sends an empty message when it is ready, and answers requests in order."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__], stdin=theirs.fileno(), stdout=subprocess.DEVNULL
            )
        self._connection = Connection(ours.detach())
        self.pending: list[_Pending] = []
        self.is_ready = False
        self.is_alive = True

    def send(self, request: _Request, pending: _Pending) -> bool:
        try:
            self._connection.send_bytes(_encode(request))
        except OSError:
            self.is_ready = self.is_alive = False
            return False
        self.pending.append(pending)
        return True

    def collect(self, wait_s: float) -> None:
        """Take the answers that are there; wait up to `wait_s` seconds for the first."""
        try:
            while self.is_alive and self._connection.poll(wait_s):
                found = self._connection.recv_bytes()
                if found:
                    self.pending.pop(0).answer = _decode_answer(found)
                self.is_ready, wait_s = True, 0
        except (OSError, EOFError):
            self.is_ready = self.is_alive = False

    def close(self) -> None:
        self._connection.close()
        self._process.kill()
        self._process.wait()


def _read(connection: Connection) -> None:
    """Answer requests until the other end is closed."""
    readers: OrderedDict[str, BulkReader] = OrderedDict()
    connection.send_bytes(b"")
    while True:
        request = _decode_request(connection.recv_bytes())
        reader = readers.setdefault(request.path, BulkReader())
        readers.move_to_end(request.path)
        if len(readers) > _KEPT_LOGS:
            readers.popitem(last=False)
        connection.send_bytes(_encode(_answer(reader, request)))


def _answer(reader: BulkReader, request: _Request) -> _Answer:
    try:
        data, position = tail.read_span(Path(request.path), request.start, request.end)
    except OSError:
        return _Answer(None, None)
    return _Answer(position, reader.read(Block(request.start, data, position)))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then ends this
    os.nice(_NICENESS)
    keep_freed()
    with suppress(EOFError, OSError):
        _read(Connection(sys.stdin.fileno()))
