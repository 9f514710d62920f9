"""Events into rows: what each line of a log does to the database, in the same transaction as the log's new position."""

import json
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import msgspec

from services.backend.db import Write
from services.backend.lines import parse
from services.backend.record import Record, update
from services.backend.summary import SPARK_KEY, Pace
from services.backend.tables import Attempt, Log
from services.backend.tail import Block, Fault, Position
from trainer.contract import events
from trainer.contract.events import End, Eval, Event, Header, Phase, Stall, Step, System

STEP, EVAL, SYSTEM = range(3)
"""`point.kind`."""
KEPT_FAULTS = 10_000
"""Faults kept of one log; a file of garbage shall not fill the database."""
KNOWN_KEYS = 10_000
"""Metric names kept in a run's summary."""

_pack = msgspec.msgpack.Encoder().encode


def position_of(log: Log) -> Position:
    return Position(log.dev, log.ino, log.offset, log.marker, log.skipping)


def ingest(write: Write, record: Record, log: Log, block: Block) -> bool:
    """Store the lines of `block`, and in `record` what they say of the run. Whether the run's own row has changed by it.

    A line whose `seq` is stored already is not stored again, so a log may be read twice.
    """
    reading = _Reading(write, record, log, block)
    for index, item in enumerate(parse(block)):
        if isinstance(item, Fault):
            reading.set_aside(item)
        elif not reading.take(index, item):
            break
    return reading.finish()


def note_faults(write: Write, record: Record, file: str, faults: Sequence[Fault]) -> int:
    """Store what is wrong with `file`; how much of it was not known yet."""
    before = write.sql.total_changes
    write.sql.executemany(
        "INSERT OR IGNORE INTO fault (run_pk, file, offset, code, reason) VALUES (?, ?, ?, ?, ?)",
        [(record.pk, file, fault.offset, fault.code, fault.reason[:500]) for fault in faults],
    )
    return write.sql.total_changes - before


class _Reading:
    """One block on its way into the database."""

    def __init__(self, write: Write, record: Record, log: Log, block: Block) -> None:
        self._write, self._record, self._log, self._block = write, record, log, block
        self._attempt = record.attempt(write, log.attempt)
        self._faults = list(block.faults)
        self._points: list[tuple[Any, ...]] = []
        self._events: list[Event] = []
        self._offsets: list[int] | None = None
        self._changed = False
        if block.restarted:
            log.next_seq = log.unread_lines = 0
        stepped = max((a.attempt for a in record.attempts.values() if a.first_step is not None), default=0)
        self._is_newest = log.attempt >= stepped
        """Logs are read in the order of their attempts; what a late line of an older one says is no news of the run."""
        self._tick = write.tick if log.rank == 0 and block.data else 0
        self._last_ts = 0.0

    def set_aside(self, fault: Fault) -> None:
        self._faults.append(fault)
        self._log.unread_lines += 1

    def take(self, index: int, event: Event) -> bool:
        """Store one event. False if the log is not to be read any further."""
        log = self._log
        if isinstance(event, Header):
            if not self._take_header(index, event):
                return False
        elif index == 0 and self._block.start == 0:
            self._fault(0, "no_header", "The log does not begin with a header.")
        seq = event.seq
        if seq != log.next_seq:
            if seq < log.next_seq:
                self._fault(index, "seq_repeat", f"seq {seq} came again where {log.next_seq} was due.")
            elif seq - log.next_seq > log.unread_lines:
                self._fault(index, "seq_gap", f"seq {seq} came where {log.next_seq} was due: lines are missing.")
        log.next_seq = max(log.next_seq, seq + 1)
        log.unread_lines = 0
        fresh = seq >= log.high_seq
        if fresh:
            log.high_seq = seq + 1
            self._last_ts = event.ts
        if isinstance(event, Step | Eval | System):
            self._take_point(index, event, fresh)
        elif isinstance(event, Phase):
            if fresh:
                self._take_phase(event)
        else:
            self._events.append(event)
            if isinstance(event, End) and fresh:
                self._take_end(event)
        return True

    def finish(self) -> bool:
        write, record, log, block = self._write, self._record, self._log, self._block
        position = block.position
        log.dev, log.ino, log.offset = position.dev, position.ino, position.offset
        log.marker, log.skipping = position.marker, position.skipping
        warned = self._store()
        if log.rank <= 0 and self._last_ts:
            record.run.last_event_at = max(record.run.last_event_at or 0.0, self._last_ts)
            self._changed = True
        if warned:
            record.count_warnings(write)
            self._changed = True
        update(write, log)
        return self._changed

    def _store(self) -> bool:
        """Write points, events and faults. Whether there is anything new that a person should know."""
        sql, log = self._write.sql, self._log
        if self._points:
            sql.executemany("INSERT OR IGNORE INTO point VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._points)
        for event in self._events:
            names = [name for name in event.__struct_fields__ if name not in ("seq", "ts")]
            body = json.dumps({name: getattr(event, name) for name in names})
            kind = type(event).__struct_config__.tag
            sql.execute(
                "INSERT OR IGNORE INTO event (run_pk, log_pk, seq, attempt, rank, type, ts, body, tick)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (log.run_pk, log.pk, event.seq, log.attempt, log.rank, kind, event.ts, body, self._write.tick),
            )
        self._changed = self._changed or bool(self._events)
        room = max(0, KEPT_FAULTS - log.faults)
        noted = note_faults(self._write, self._record, log.name, self._faults[:room]) if self._faults else 0
        log.faults += noted
        return noted > 0 or any(isinstance(event, events.Warning | Stall) for event in self._events)

    def _take_header(self, index: int, header: Header) -> bool:
        log, attempt = self._log, self._attempt
        if (log.log_id and header.log_id != log.log_id) or (not log.log_id and log.high_seq):
            self._fault(index, "second_log", f"A second log ({header.log_id}) begins inside this one; it is not read.")
            log.closed = True
            return False
        log.log_id = header.log_id
        if (header.attempt, header.rank) != (log.attempt, log.rank):
            self._fault(index, "wrong_header", f"The header says attempt {header.attempt}, rank {header.rank}.")
        if header.schema > events.SCHEMA:
            self._fault(
                index, "newer_schema", f"Written with schema {header.schema}; this Loradeck reads {events.SCHEMA}."
            )
        if log.rank <= 0:
            attempt.started_at = min(attempt.started_at or header.ts, header.ts)
            self._record.run.host = header.host
        if log.rank == 0:
            self._record.run.world_size = min(header.world_size, 2**31)
        return True

    def _take_point(self, index: int, event: Step | Eval | System, fresh: bool) -> None:
        if self._log.rank != 0:
            self._fault(index, "wrong_rank", "Only rank 0 logs values; these were set aside.")
            return
        attempt, record = self._attempt, self._record
        nonfinite: dict[str, Any] = {}
        if isinstance(event, System):
            kind, step = SYSTEM, attempt.last_step or 0
        else:
            kind, step, nonfinite = (STEP if type(event) is Step else EVAL), event.step, event.nonfinite
        packed = _pack(nonfinite) if nonfinite else None
        self._points.append((self._log.pk, event.seq, kind, step, event.ts, _pack(event.values), packed, self._tick))
        if not fresh:
            return
        if kind == STEP:
            self._take_step(attempt, step, event)
        if len(record.keys) < KNOWN_KEYS:
            if self._is_newest:
                record.run.last.update(event.values)
            record.keys.update(event.values, nonfinite)

    def _take_step(self, attempt: Attempt, step: int, event: Step | Eval | System) -> None:
        record = self._record
        attempt.last_step = step
        if self._is_newest:
            if attempt.first_step is None:
                record.pace = Pace()
                record.spark.drop_from(step)
            record.run.step = step
            record.pace.add(event.ts)
            loss = event.values.get(SPARK_KEY)
            if loss is not None:
                record.spark.add(step, loss)
        if attempt.first_step is None or step < attempt.first_step:
            attempt.first_step = step

    def _take_phase(self, event: Phase) -> None:
        phase = {"phase": event.phase, "done": event.done, "total": event.total, "item": event.item, "ts": event.ts}
        self._log.phase = phase
        run = self._record.run
        if self._log.attempt != run.attempt or self._log.rank > 0:
            return
        if self._log.rank == 0:
            if event.phase == "train" and event.total is not None:
                run.total_steps = event.total
            run.phase = phase
        elif not self._rank_0_speaks():
            run.phase = phase
        self._changed = True

    def _rank_0_speaks(self) -> bool:
        return any(
            log.rank == 0 and log.attempt == self._log.attempt and log.phase for log in self._record.logs.values()
        )

    def _take_end(self, end: End) -> None:
        if self._log.rank == 0:
            attempt = self._attempt
            attempt.end_reason, attempt.end_code, attempt.end_message = end.reason, end.code, end.message
            attempt.end_at = end.ts
        elif self._log.rank == -1:
            self._attempt.shim_reason = end.reason

    def _fault(self, index: int, code: str, reason: str) -> None:
        if self._offsets is None:
            sizes = [len(line) + 1 for line in self._block.data.split(b"\n")[:-1]]
            self._offsets = list(accumulate(sizes, initial=self._block.start))
        self._faults.append(Fault(self._offsets[index], code, reason))
