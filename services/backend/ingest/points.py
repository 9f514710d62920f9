"""The points of one block as rows: their metrics are admitted, their values packed, and the oldest rows sealed."""

from collections.abc import Iterable
from typing import Any

import msgspec

from services.backend.database import plain_rows
from services.backend.database.db import Write
from services.backend.database.tables import Log
from services.backend.metrics import segments
from services.backend.metrics.columns import Sealed
from services.backend.metrics.segments import STEP
from services.backend.runs.record import KNOWN_KEYS, TOO_MANY_METRICS, Record
from trainer.contract import events
from trainer.contract.events import Eval, Event, Step, System

_pack = msgspec.msgpack.Encoder().encode


class BlockPoints:
    """The points of one block. A warning that the run has too many metrics is added to `found`, the block's events."""

    def __init__(self, write: Write, record: Record, log: Log, tick: int, found: list[Event]) -> None:
        self._write, self._record, self._tick, self._events = write, record, tick, found
        self._log_pk, self._stored_seqs = log.pk, log.high_seq
        self._keys = record.keys
        self._rows: list[tuple[Any, ...]] = []

    def add(self, event: Step | Eval | System, kind: int, step: int, last_ts: float) -> dict[str, float]:
        """Add one point. Returns its finite values, less those of metrics that are not admitted."""
        nonfinite = None
        if not isinstance(event, System) and event.nonfinite:
            admitted = self._admit(event.seq, last_ts, event.nonfinite)
            nonfinite = _pack({name: event.nonfinite[name] for name in admitted})
        values = event.values
        if not self._keys.issuperset(values):
            values = {name: values[name] for name in self._admit(event.seq, last_ts, values)}
        self._rows.append((self._log_pk, event.seq, kind, step, event.ts, _pack(values), nonfinite, self._tick))
        return values

    def add_sealed(self, sealed: Sealed, last_ts: float) -> None:
        """Store steps that are sealed already as the next segment of their stream."""
        assert self._log_pk is not None
        write, record = self._write, self._record
        stream = record.stream(write, self._log_pk, STEP)
        segments.seal_rows(write, stream, record.metrics, down_to=0)
        names = self._admit(sealed.seqs[1], last_ts, sealed.metrics)
        if len(names) < len(sealed.metrics):
            sealed = msgspec.structs.replace(sealed, metrics={name: sealed.metrics[name] for name in names})
        segments.store(write, stream, sealed, record.metrics, self._tick)
        plain_rows.update(write.sql, stream)

    def store(self) -> None:
        """Write the points as rows, except those that are stored already, and seal what has become too many."""
        if not self._rows:
            return
        write, log_pk = self._write, self._log_pk
        assert log_pk is not None
        again = [seq for _, seq, *_ in self._rows if seq < self._stored_seqs]
        if again:  # the log is being read again
            sealed = set(segments.sealed_seqs(write, log_pk, min(again), max(again)).tolist())
            self._rows = [row for row in self._rows if row[1] not in sealed]
        for kind in sorted({row[2] for row in self._rows}):
            stream = self._record.stream(write, log_pk, kind)
            before = write.sql.total_changes
            write.sql.executemany(
                "INSERT OR IGNORE INTO point VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [row for row in self._rows if row[2] == kind],
            )
            stream.rows += write.sql.total_changes - before
            if stream.rows >= segments.SEAL_AT:
                segments.seal_rows(write, stream, self._record.metrics, down_to=segments.RECENT_ROWS)
            plain_rows.update(write.sql, stream)

    def _admit(self, seq: int, ts: float, names: Iterable[str]) -> list[str]:
        """Return those of `names` that the run has or has room for; warn, once, that there are too many."""
        found = list(names)
        new = [name for name in found if name not in self._keys]
        if not new:
            return found
        room = KNOWN_KEYS - len(self._keys)
        self._keys.update(new[:room])
        if len(new) <= room:
            return found
        if not self._record.has_warned:
            self._record.has_warned = True
            message = (
                f"This run logs more than {KNOWN_KEYS:,} different metrics; further ones are left out here. "
                "They are in its log. Give a metric one name and put what changes into its value."
            )
            self._events.append(events.Warning(seq=seq, ts=ts, code=TOO_MANY_METRICS, message=message))
        return [name for name in found if name in self._keys]
