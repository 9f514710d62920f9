"""Faults: what is wrong with a run's files, stored for a person to see, each of them once."""

from collections.abc import Sequence

from services.backend.database.db import Write
from services.backend.database.tables import Log
from services.backend.ingest.tail import Fault
from services.backend.runs.record import Record

KEPT_FAULTS = 10_000
"""Of one log, so that a file of garbage does not fill the database."""


def store_faults(write: Write, record: Record, log: Log, faults: Sequence[Fault]) -> int:
    """Store faults of a log as far as it has room for them. Returns how many are new."""
    room = max(0, KEPT_FAULTS - log.faults)
    new = _store(write, record, log.name, faults[:room])
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
