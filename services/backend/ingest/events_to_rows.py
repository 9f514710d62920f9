"""Events into rows: what each line of a log does to the database, in the same transaction as the log's new position."""

import json
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

import msgspec
import numpy as np

from services.backend.database import plain_rows
from services.backend.database.db import Write
from services.backend.database.tables import Log
from services.backend.ingest.bulk import Bulk, Digest
from services.backend.ingest.parse import parse
from services.backend.ingest.tail import Block, Fault, Position
from services.backend.metrics import segments
from services.backend.metrics.segments import EVAL, KEPT, SEAL_AT, STEP, SYSTEM
from services.backend.metrics.sparkline import SPARK_KEY
from services.backend.runs.record import KNOWN_KEYS, TOO_MANY_METRICS, Record
from trainer.contract import events
from trainer.contract.events import End, Eval, Event, Header, Phase, Stall, Step, System

_POINTS = (Step, Eval, System)
KEPT_FAULTS = 10_000
"""Faults kept of one log; a file of garbage shall not fill the database."""


_pack = msgspec.msgpack.Encoder().encode


def position_of(log: Log) -> Position:
    return Position(log.dev, log.ino, log.offset, log.marker, log.skipping)


def may_be_bulk(log: Log) -> bool:
    """Whether what comes next in `log` may be read in bulk: it holds values, and none of them is stored yet."""
    return log.rank == 0 and log.next_seq == log.high_seq and not log.skipping and not log.closed


def ingest(write: Write, record: Record, log: Log, block: Block, ahead: Bulk | None = None) -> bool:
    """Store the lines of `block`, and in `record` what they say of the run. Whether that has to be saved.

    A line whose `seq` is stored already is not stored again, so a log may be read twice. `ahead`: the block, where it
    was read before.
    """
    reading = _Reading(write, record, log, block)
    if may_be_bulk(log) and not block.restarted:
        bulk = ahead or record.readers[log.name].read(block)
        if bulk is not None and bulk.first_seq == log.next_seq:
            reading.take_bulk(bulk)
            return reading.finish()
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
    """One block on its way into the database.

    What changes line by line is kept in plain attributes until the end: setting a row's column costs more than parsing.
    """

    def __init__(self, write: Write, record: Record, log: Log, block: Block) -> None:
        self._write, self._record, self._log, self._block = write, record, log, block
        self._attempt = record.attempt(write, log.attempt)
        self._faults = list(block.faults)
        self._points: list[tuple[Any, ...]] = []
        self._events: list[Event] = []
        self._offsets: list[int] | None = None
        self._rank, self._log_pk, self._log_id = log.rank, log.pk, log.log_id
        self._next_seq, self._unread_lines = (0, 0) if block.restarted else (log.next_seq, log.unread_lines)
        self._high_seq = self._high_before = log.high_seq
        self._phase: Phase | None = None
        self._first_step, self._last_step = self._attempt.first_step, self._attempt.last_step
        self._last, self._keys = record.run.last, record.keys
        self._last_ts = 0.0
        self._changed = False
        stepped = max((a.attempt for a in record.attempts.values() if a.first_step is not None), default=0)
        self._is_newest = log.attempt >= stepped
        """Logs are read in the order of their attempts; what a late line of an older one says is no news of the run."""
        self._tick = write.tick if log.rank == 0 and block.data else 0

    def set_aside(self, fault: Fault) -> None:
        self._faults.append(fault)
        self._unread_lines += 1

    def take(self, index: int, event: Event) -> bool:
        """Store one event. False if the log is not to be read any further."""
        if isinstance(event, Header):
            if not self._take_header(index, event):
                return False
        elif index == 0 and self._block.start == 0:
            self._fault(0, "no_header", "The log does not begin with a header.")
        seq = event.seq
        if seq != self._next_seq:
            self._note_disorder(index, seq)
        self._next_seq = max(self._next_seq, seq + 1)
        self._unread_lines = 0
        fresh = seq >= self._high_seq
        if fresh:
            self._high_seq = seq + 1
            self._last_ts = event.ts
        self._dispatch(index, event, fresh)
        return True

    def take_bulk(self, bulk: Bulk) -> None:
        """Store a whole block in which every line is sound and due."""
        write, record, sealed = self._write, self._record, bulk.sealed
        before = self._last_step
        self._begin_steps(bulk.digest.first_step)
        for index, (event, step) in enumerate(bulk.others):
            self._last_step = step if step is not None else before
            if isinstance(event, Header):
                self._take_header(0, event)
            self._dispatch(index, event, True)
        assert self._log_pk is not None
        stream = record.stream(write, self._log_pk, STEP)
        segments.seal_rows(write, stream, record.metrics, down_to=0)
        self._last_ts = bulk.last_ts
        names = self._admit(sealed.seqs[1], sealed.metrics)
        if len(names) < len(sealed.metrics):
            sealed = msgspec.structs.replace(sealed, metrics={name: sealed.metrics[name] for name in names})
        segments.store(write, stream, sealed, record.metrics, self._tick)
        plain_rows.update(write.sql, stream)
        self._sum_up(bulk.digest)
        self._next_seq = self._high_seq = bulk.last_seq + 1
        self._unread_lines = 0

    def finish(self) -> bool:
        write, record, log, block = self._write, self._record, self._log, self._block
        position = block.position
        log.dev, log.ino, log.offset = position.dev, position.ino, position.offset
        log.marker, log.skipping = position.marker, position.skipping
        log.next_seq, log.high_seq, log.unread_lines = self._next_seq, self._high_seq, self._unread_lines
        self._attempt.first_step, self._attempt.last_step = self._first_step, self._last_step
        if self._is_newest and self._last_step is not None:
            record.run.step = self._last_step
        if self._phase is not None:
            self._show_phase(self._phase)
        warned = self._store()
        if log.rank <= 0 and self._last_ts:
            record.run.last_event_at = max(record.run.last_event_at or 0.0, self._last_ts)
            self._changed = True
        if warned:
            record.count_warnings(write)
            self._changed = True
        plain_rows.update(write.sql, log)
        return self._changed

    def _dispatch(self, index: int, event: Event, fresh: bool) -> None:
        if isinstance(event, _POINTS):
            self._take_point(index, event, fresh)
        elif isinstance(event, Phase):
            if fresh:
                self._take_phase(event)
        else:
            self._events.append(event)
            if isinstance(event, End) and fresh:
                self._take_end(event)

    def _store(self) -> bool:
        """Write points, events and faults. Whether there is anything new that a person should know."""
        sql, log = self._write.sql, self._log
        if self._points:
            self._store_points()
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

    def _store_points(self) -> None:
        """Write points as rows, save those that are stored, and seal what has become too many."""
        write, log_pk = self._write, self._log_pk
        assert log_pk is not None
        known = self._high_before
        if any(seq < known for _, seq, *_ in self._points):  # the log is being read again
            again = [seq for _, seq, *_ in self._points if seq < known]
            sealed = set(segments.sealed_seqs(write, log_pk, min(again), max(again)).tolist())
            self._points = [point for point in self._points if point[1] not in sealed]
        for kind in sorted({point[2] for point in self._points}):
            stream = self._record.stream(write, log_pk, kind)
            before = write.sql.total_changes
            write.sql.executemany(
                "INSERT OR IGNORE INTO point VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [point for point in self._points if point[2] == kind],
            )
            stream.rows += write.sql.total_changes - before
            if stream.rows >= SEAL_AT:
                segments.seal_rows(write, stream, self._record.metrics, down_to=KEPT)
            plain_rows.update(write.sql, stream)

    def _take_header(self, index: int, header: Header) -> bool:
        log, attempt = self._log, self._attempt
        if (self._log_id and header.log_id != self._log_id) or (not self._log_id and self._high_seq):
            self._fault(index, "second_log", f"A second log ({header.log_id}) begins inside this one; it is not read.")
            log.closed = True
            return False
        self._log_id = log.log_id = header.log_id
        if (header.attempt, header.rank) != (log.attempt, log.rank):
            self._fault(index, "wrong_header", f"The header says attempt {header.attempt}, rank {header.rank}.")
        if header.schema > events.SCHEMA:
            reason = f"Written with schema {header.schema}; this Loradeck reads {events.SCHEMA}."
            self._fault(index, "newer_schema", reason)
        if log.rank <= 0:
            attempt.started_at = min(attempt.started_at or header.ts, header.ts)
            run = self._record.run
            run.host, run.created_at = header.host, min(run.created_at, header.ts)
        if log.rank == 0:
            self._record.run.world_size = min(header.world_size, 2**31)
        return True

    def _note_disorder(self, index: int, seq: int) -> None:
        if seq < self._next_seq:
            self._fault(index, "seq_repeat", f"seq {seq} came again where {self._next_seq} was due.")
        elif seq - self._next_seq > self._unread_lines:
            reason = f"seq {seq} came where {self._next_seq} was due: lines are missing."
            self._fault(index, "seq_gap", reason)

    def _take_point(self, index: int, event: Step | Eval | System, fresh: bool) -> None:
        if self._rank != 0:
            self._fault(index, "wrong_rank", "Only rank 0 logs values; these were set aside.")
            return
        packed = None
        if isinstance(event, System):
            kind, step = SYSTEM, self._last_step or 0
        else:
            kind, step = (STEP if type(event) is Step else EVAL), event.step
            if event.nonfinite:
                admitted = self._admit(event.seq, event.nonfinite)
                packed = _pack({name: event.nonfinite[name] for name in admitted})
        values = event.values
        if not self._keys.issuperset(values):
            values = {name: values[name] for name in self._admit(event.seq, values)}
        self._points.append((self._log_pk, event.seq, kind, step, event.ts, _pack(values), packed, self._tick))
        if not fresh:
            return
        if kind == STEP:
            self._take_step(step, event.ts, values.get(SPARK_KEY))
        if self._is_newest:
            self._last.update(values)

    def _admit(self, seq: int, names: Iterable[str]) -> list[str]:
        """Those of `names` that the run has or may still take; says in a warning, once, that there are too many."""
        found = list(names)
        new = [name for name in found if name not in self._keys]
        if not new:
            return found
        room = KNOWN_KEYS - len(self._keys)
        self._keys.update(new[:room])
        if len(new) <= room:
            return found
        if not self._record.full:
            self._record.full = True
            message = (
                f"This run logs more than {KNOWN_KEYS:,} different metrics; further ones are left out here. "
                "They are in its log. Give a metric one name and put what changes into its value."
            )
            self._events.append(events.Warning(seq=seq, ts=self._last_ts, code=TOO_MANY_METRICS, message=message))
        return [name for name in found if name in self._keys]

    def _begin_steps(self, step: int) -> None:
        """Before the attempt's first step, which is `step`."""
        if self._is_newest and self._first_step is None:
            self._record.pace.begin()
            self._record.spark.drop_from(step)

    def _take_step(self, step: int, ts: float, loss: float | None) -> None:
        self._begin_steps(step)
        if self._is_newest:
            self._record.pace.add(ts)
            if loss is not None:
                self._record.spark.add(step, loss)
        self._last_step = step
        if self._first_step is None or step < self._first_step:
            self._first_step = step

    def _sum_up(self, digest: Digest) -> None:
        """What `_take_step` does, for many at once."""
        record = self._record
        if self._is_newest:
            record.pace.add(*digest.times)
            spark_steps = np.frombuffer(digest.spark_steps, np.int64)
            record.spark.add_many(spark_steps, np.frombuffer(digest.spark_values, np.float64))
            self._last.update((name, value) for name, value in digest.last.items() if name in self._keys)
        self._last_step = digest.last_step
        first = digest.least_step
        self._first_step = first if self._first_step is None else min(first, self._first_step)

    def _take_phase(self, phase: Phase) -> None:
        self._phase = phase
        if self._rank != 0 or not self._is_newest:
            return
        run = self._record.run
        if phase.phase == "train" and phase.total is not None:
            run.total_steps = phase.total
        if phase.details:
            run.machine = phase.details
        self._record.pace.phase(phase.ts, phase.phase, self._last_step or 0)

    def _show_phase(self, phase: Phase) -> None:
        shown = {"phase": phase.phase, "done": phase.done, "total": phase.total, "item": phase.item, "ts": phase.ts}
        self._log.phase = shown
        if self._log.attempt != self._record.run.attempt or self._rank > 0:
            return
        if self._rank == 0 or not self._rank_0_speaks():
            self._record.run.phase = shown
            self._changed = True

    def _rank_0_speaks(self) -> bool:
        logs = self._record.logs.values()
        return any(log.rank == 0 and log.attempt == self._log.attempt and log.phase is not None for log in logs)

    def _take_end(self, end: End) -> None:
        if self._rank == 0:
            attempt = self._attempt
            attempt.end_reason, attempt.end_code, attempt.end_message = end.reason, end.code, end.message
            attempt.end_at = end.ts
        elif self._rank == -1:
            self._attempt.shim_reason = end.reason

    def _fault(self, index: int, code: str, reason: str) -> None:
        if self._offsets is None:
            sizes = [len(line) + 1 for line in self._block.data.split(b"\n")[:-1]]
            self._offsets = list(accumulate(sizes, initial=self._block.start))
        self._faults.append(Fault(self._offsets[index], code, reason))
