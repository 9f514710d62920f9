"""Faults: what is wrong with a run's files, stored for a person to see, each once and a bounded number of them."""

from collections.abc import Sequence
from itertools import accumulate

from services.backend.database.db import Write
from services.backend.database.tables import Log
from services.backend.ingest.tail import Block, Fault
from services.backend.runs.record import Record
from trainer.contract.messages import Message

KEPT_FAULTS = 10_000
"""Of one log, so that a file of garbage does not fill the database."""


class BlockFaults:
    """The faults found in one block of a log."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._found = list(block.faults)
        self._offsets: list[int] | None = None
        """Of the block's lines in the file, made when the first fault needs them."""

    def add(self, fault: Fault) -> None:
        self._found.append(fault)

    def add_at(self, index: int, said: Message) -> None:
        """Add a fault of the block's line number `index`, from 0."""
        if self._offsets is None:
            sizes = [len(line) + 1 for line in self._block.data.split(b"\n")[:-1]]
            self._offsets = list(accumulate(sizes, initial=self._block.start))
        self._found.append(Fault.of(self._offsets[index], said))

    def store(self, write: Write, record: Record, log: Log) -> int:
        """Store the faults as far as the log has room for them. Returns how many are new."""
        room = max(0, KEPT_FAULTS - log.faults)
        new = _store(write, record, log.name, self._found[:room]) if self._found else 0
        log.faults += new
        return new


def report_fault(write: Write, record: Record, file: str, fault: Fault) -> bool:
    """Store a fault and count it among the run's warnings. Returns whether it is new."""
    if not _store(write, record, file, [fault]):
        return False
    record.count_warnings(write)
    return True


def _store(write: Write, record: Record, file: str, faults: Sequence[Fault]) -> int:
    before = write.sql.total_changes
    write.sql.executemany(
        "INSERT OR IGNORE INTO fault (run_pk, file, offset, code, reason) VALUES (?, ?, ?, ?, ?)",
        [(record.pk, file, fault.offset, fault.code, fault.reason[:500]) for fault in faults],
    )
    return write.sql.total_changes - before
