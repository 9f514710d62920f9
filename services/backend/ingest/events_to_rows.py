"""Events into rows: stores each line of a log in the transaction that moves the log's position behind it."""

import json
from itertools import accumulate

from services.backend.database import plain_rows
from services.backend.database.db import Write
from services.backend.database.tables import Log
from services.backend.ingest.bulk import Bulk
from services.backend.ingest.faults import store_faults
from services.backend.ingest.parse import parse
from services.backend.ingest.points import BlockPoints
from services.backend.ingest.run_summary import RunSummary
from services.backend.ingest.tail import Block, Fault, Position
from services.backend.metrics.segments import EVAL, STEP, SYSTEM
from services.backend.runs.record import Record
from trainer.contract import events
from trainer.contract.events import End, Eval, Event, Header, Phase, Stall, Step, System

_POINTS = (Step, Eval, System)


def position_of(log: Log) -> Position:
    return Position(log.dev, log.ino, log.offset, log.marker, log.skipping)


def may_be_bulk(log: Log) -> bool:
    """Check whether the next block of `log` may be read in bulk: it holds values, and none of them is stored yet."""
    return log.rank == 0 and log.next_seq == log.high_seq and not log.skipping and not log.closed


def ingest(write: Write, record: Record, log: Log, block: Block, bulk: Bulk | None = None) -> bool:
    """Store the lines of `block`, and in `record` what they say of the run. Returns whether that has to be saved.

    A line whose `seq` is stored already is not stored again, so a log may be read twice. `bulk`: the block in columns,
    if it can be read so.
    """
    reading = _BlockReading(write, record, log, block)
    if bulk is not None and bulk.first_seq == log.next_seq:
        reading.take_bulk(bulk)
        return reading.finish()
    for index, item in enumerate(parse(block)):
        if isinstance(item, Fault):
            reading.set_aside(item)
        elif not reading.take(index, item):
            break
    return reading.finish()


class _BlockReading:
    """One block on its way into the database: the order of its lines, and who takes which event.

    What changes line by line is kept in plain attributes until the end: setting a row's column costs more than parsing.
    """

    def __init__(self, write: Write, record: Record, log: Log, block: Block) -> None:
        self._write, self._record, self._log, self._block = write, record, log, block
        tick = write.tick if log.rank == 0 and block.data else 0
        self._events: list[Event] = []
        self._faults = list(block.faults)
        self._offsets: list[int] | None = None
        """Of the lines in the file, made when the first fault needs them."""
        self._summary = RunSummary(record, log, record.attempt(write, log.attempt))
        self._points = BlockPoints(write, record, log, tick, self._events)
        self._log_id, self._rank = log.log_id, log.rank
        self._next_seq, self._unread_lines = (0, 0) if block.restarted else (log.next_seq, log.unread_lines)
        self._high_seq = log.high_seq
        self._last_ts = 0.0

    def set_aside(self, fault: Fault) -> None:
        self._faults.append(fault)
        self._unread_lines += 1

    def take(self, index: int, event: Event) -> bool:
        """Take the event in line `index`. Returns False if the log is not to be read any further."""
        if isinstance(event, Header):
            if not self._take_header(index, event):
                return False
        elif index == 0 and self._block.start == 0:
            self._fault(0, "no_header", "The log does not begin with a header.")
        seq = event.seq
        if seq != self._next_seq:
            self._report_disorder(index, seq)
        self._next_seq = max(self._next_seq, seq + 1)
        self._unread_lines = 0
        is_new = seq >= self._high_seq
        if is_new:
            self._high_seq = seq + 1
            self._last_ts = event.ts
        self._dispatch(index, event, is_new)
        return True

    def take_bulk(self, bulk: Bulk) -> None:
        """Take a whole block in which every line is sound and due."""
        summary, before = self._summary, self._summary.last_step
        summary.begin_steps(bulk.digest.first_step)
        for index, (event, step) in enumerate(bulk.others):
            summary.last_step = step if step is not None else before
            if isinstance(event, Header):
                self._take_header(0, event)
            self._dispatch(index, event, True)
        self._last_ts = bulk.last_ts
        self._points.add_sealed(bulk.sealed, bulk.last_ts)
        summary.take_digest(bulk.digest)
        self._next_seq = self._high_seq = bulk.last_seq + 1
        self._unread_lines = 0

    def finish(self) -> bool:
        """Write everything. Returns whether the run's row has changed."""
        write, record, log, position = self._write, self._record, self._log, self._block.position
        log.dev, log.ino, log.offset = position.dev, position.ino, position.offset
        log.marker, log.skipping = position.marker, position.skipping
        log.next_seq, log.high_seq, log.unread_lines = self._next_seq, self._high_seq, self._unread_lines
        changed = self._summary.finish()
        self._points.store()
        self._store_events()
        has_new_faults = bool(self._faults) and store_faults(write, record, log, self._faults) > 0
        if log.rank <= 0 and self._last_ts:
            record.run.last_event_at = max(record.run.last_event_at or 0.0, self._last_ts)
            changed = True
        if has_new_faults or any(isinstance(event, events.Warning | Stall) for event in self._events):
            record.count_warnings(write)
            changed = True
        plain_rows.update(write.sql, log)
        return changed or bool(self._events)

    def _dispatch(self, index: int, event: Event, is_new: bool) -> None:
        if isinstance(event, _POINTS):
            self._take_point(index, event, is_new)
        elif isinstance(event, Phase):
            if is_new:
                self._summary.take_phase(event)
        else:
            self._events.append(event)
            if isinstance(event, End) and is_new:
                self._summary.take_end(event)

    def _take_header(self, index: int, header: Header) -> bool:
        log = self._log
        if (self._log_id and header.log_id != self._log_id) or (not self._log_id and self._high_seq):
            reason = f"A second log ({header.log_id}) begins inside this one; it is not read."
            self._fault(index, "second_log", reason)
            log.closed = True
            return False
        self._log_id = log.log_id = header.log_id
        if (header.attempt, header.rank) != (log.attempt, log.rank):
            reason = f"The header says attempt {header.attempt}, rank {header.rank}."
            self._fault(index, "wrong_header", reason)
        if header.schema > events.SCHEMA:
            reason = f"Written with schema {header.schema}; this Loradeck reads {events.SCHEMA}."
            self._fault(index, "newer_schema", reason)
        self._summary.take_header(header)
        return True

    def _take_point(self, index: int, event: Step | Eval | System, is_new: bool) -> None:
        if self._rank != 0:
            self._fault(index, "wrong_rank", "Only rank 0 logs values; these were set aside.")
            return
        if isinstance(event, System):
            kind, step = SYSTEM, self._summary.last_step or 0
        else:
            kind, step = (STEP if type(event) is Step else EVAL), event.step
        values = self._points.add(event, kind, step, self._last_ts)
        if is_new:
            self._summary.take_values(kind, step, event.ts, values)

    def _report_disorder(self, index: int, seq: int) -> None:
        if seq < self._next_seq:
            self._fault(index, "seq_repeat", f"seq {seq} came again where {self._next_seq} was due.")
        elif seq - self._next_seq > self._unread_lines:
            reason = f"seq {seq} came where {self._next_seq} was due: lines are missing."
            self._fault(index, "seq_gap", reason)

    def _store_events(self) -> None:
        sql, log = self._write.sql, self._log
        for event in self._events:
            names = [name for name in event.__struct_fields__ if name not in ("seq", "ts")]
            body = json.dumps({name: getattr(event, name) for name in names})
            kind = type(event).__struct_config__.tag
            sql.execute(
                "INSERT OR IGNORE INTO event (run_pk, log_pk, seq, attempt, rank, type, ts, body, tick)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (log.run_pk, log.pk, event.seq, log.attempt, log.rank, kind, event.ts, body, self._write.tick),
            )

    def _fault(self, index: int, code: str, reason: str) -> None:
        """Add a fault of the block's line number `index`, from 0."""
        if self._offsets is None:
            sizes = [len(line) + 1 for line in self._block.data.split(b"\n")[:-1]]
            self._offsets = list(accumulate(sizes, initial=self._block.start))
        self._faults.append(Fault(self._offsets[index], code, reason))
