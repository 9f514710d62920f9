"""Live frames: everything committed after a cursor, read and encoded once for all clients at that cursor."""

import asyncio
import sqlite3
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlmodel import Session, col, select

from services.backend.database import plain_rows
from services.backend.database.cursor import clock, write_cursor
from services.backend.database.db import Database, raw
from services.backend.database.tables import Event, Run
from services.backend.live.schemas import LiveFrame, StepBatch
from services.backend.metrics.schemas import NonFinitePoint
from services.backend.metrics.segments import KINDS, unpack_nonfinite, unpack_values
from services.backend.runs.queries import event_read, run_read
from services.backend.runs.schemas import EventRead, RunRead

MAX_POINTS = 5000
MAX_EVENTS = 1000
"""In one frame; clients that are further behind get several."""
KEPT_FRAMES = 64


class Frame(msgspec.Struct, frozen=True):
    """`text` is a LiveFrame as JSON, empty if nothing changed; `tick` is the reader's cursor behind it."""

    text: str
    tick: int


class Frames:
    """Builds frames in threads and keeps the newest, so that sockets with the same cursor and runs share them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept: OrderedDict[tuple[int, tuple[str, ...]], asyncio.Task[Frame]] = OrderedDict()

    async def after(self, tick: int, run_ids: tuple[str, ...]) -> tuple[Frame, bool]:
        """Return the frame after `tick`, with steps and events only of `run_ids` (sorted).

        Also returns whether it holds all that was committed before the call; a frame that was begun earlier may not.
        """
        key = (tick, run_ids)
        frame, is_shared = Frame("", tick), False
        for _ in range(2):
            task, is_shared = self._kept.get(key), True
            if task is None:
                task, is_shared = asyncio.create_task(asyncio.to_thread(self._build, tick, run_ids)), False
                self._kept[key] = task
                while len(self._kept) > KEPT_FRAMES:
                    self._kept.popitem(last=False)
            try:
                # Most of a thousand clients come once it is done, and a shield costs as much as a send.
                frame = task.result() if task.done() else await asyncio.shield(task)
            except Exception:
                self._forget(key, task)
                raise
            if frame.tick > tick:
                break
            self._forget(key, task)
            if not is_shared:
                break
        return frame, not is_shared

    def _forget(self, key: tuple[int, tuple[str, ...]], task: asyncio.Task[Frame]) -> None:
        if self._kept.get(key) is task:
            del self._kept[key]

    def _build(self, tick: int, run_ids: tuple[str, ...]) -> Frame:
        with self._db.read() as session:
            return build(session, tick, run_ids)


def build(session: Session, tick: int, run_ids: tuple[str, ...]) -> Frame:
    """Build the frame after `tick`. One that would be too long ends at an earlier commit; no commit is ever split."""
    database, newest = clock(session)
    sql = raw(session)
    run_pks = dict(sql.execute(f"SELECT pk, id FROM run WHERE id IN ({_marks(run_ids)})", run_ids).fetchall())
    logs = _logs(sql, list(run_pks))
    upto = _bounded(sql, tick, newest, list(logs), list(run_pks))
    deleted = sql.execute("SELECT run_id FROM deletion WHERE tick > ? AND tick <= ?", (tick, upto))
    frame = LiveFrame(
        type="frame",
        cursor=write_cursor(database, upto),
        runs=_changed(sql, tick, upto, list(run_pks) if run_ids else None),
        deleted=[run_id for (run_id,) in deleted],
        refetch=_sealed_since(sql, tick, logs, run_pks),
        steps=[
            batch
            for log_pk, (run_pk, attempt) in logs.items()
            for batch in _batches(sql, tick, upto, log_pk, run_pks[run_pk], attempt)
        ],
        events=_events(session, tick, upto, run_pks),
    )
    silent = not (frame.runs or frame.deleted or frame.refetch or frame.steps or frame.events)
    return Frame("" if silent else frame.model_dump_json(), upto)


def _logs(sql: sqlite3.Connection, run_pks: list[Any]) -> dict[int, tuple[int, int]]:
    """Find the run and attempt of each rank 0 log, by the log's key, in the order of attempts."""
    found = sql.execute(
        f"SELECT pk, run_pk, attempt FROM log WHERE rank = 0 AND run_pk IN ({_marks(run_pks)})"
        " ORDER BY run_pk, attempt",
        run_pks,
    )
    return {pk: (run_pk, attempt) for pk, run_pk, attempt in found}


def _changed(sql: sqlite3.Connection, tick: int, upto: int, run_pks: list[Any] | None) -> list[RunRead]:
    """Read the summaries of the runs that have changed, among all or these."""
    which = "" if run_pks is None else f" AND pk IN ({_marks(run_pks)})"
    changed = plain_rows.load(sql, Run, f"tick > ? AND tick <= ?{which} ORDER BY pk", (tick, upto, *(run_pks or ())))
    return [run_read(run) for run in changed]


def _sealed_since(
    sql: sqlite3.Connection, tick: int, logs: dict[int, tuple[int, int]], run_pks: dict[Any, str]
) -> list[str]:
    """Find the runs of which points committed after `tick` are sealed already, so that their rows are gone."""
    found = sql.execute(
        f"SELECT DISTINCT log_pk FROM stream WHERE log_pk IN ({_marks(list(logs))}) AND sealed_tick > ?", (*logs, tick)
    )
    return list(dict.fromkeys(run_pks[logs[log_pk][0]] for (log_pk,) in found))


def _bounded(sql: sqlite3.Connection, tick: int, newest: int, log_pks: list[int], run_pks: list[Any]) -> int:
    """Find the last commit that still fits into one frame; at least the first after `tick`."""
    upto = newest
    for table, column, keys, most in (
        ("point", "log_pk", log_pks, MAX_POINTS),
        ("event", "run_pk", run_pks, MAX_EVENTS),
    ):
        row = sql.execute(
            f"SELECT tick FROM {table} WHERE {column} IN ({_marks(keys)}) AND tick > ? ORDER BY tick LIMIT 1 OFFSET ?",
            (*keys, tick, most),
        ).fetchone()
        if row is not None:
            upto = min(upto, max(row[0] - 1, tick + 1))
    return upto


def _batches(sql: sqlite3.Connection, tick: int, upto: int, log_pk: int, run_id: str, attempt: int) -> list[StepBatch]:
    points = sql.execute(
        'SELECT kind, step, ts, "values", nonfinite FROM point WHERE log_pk = ? AND tick > ? AND tick <= ?'
        " ORDER BY seq",
        (log_pk, tick, upto),
    )
    steps: dict[int, list[int]] = defaultdict(list)
    times: dict[int, list[float]] = defaultdict(list)
    values: dict[int, list[dict[str, float]]] = defaultdict(list)
    others: dict[int, dict[str, list[NonFinitePoint]]] = defaultdict(lambda: defaultdict(list))
    for kind, step, ts, packed, nonfinite in points:
        steps[kind].append(step)
        times[kind].append(ts)
        values[kind].append(unpack_values(packed))
        if nonfinite is not None:
            for key, what in unpack_nonfinite(nonfinite).items():
                others[kind][key].append(NonFinitePoint(step=step, what=what))
    return [
        StepBatch(
            run_id=run_id,
            attempt=attempt,
            kind=KINDS[kind],
            step=steps[kind],
            ts=times[kind],
            values=_by_name(values[kind]),
            nonfinite=dict(others[kind]),
        )
        for kind in sorted(steps)
    ]


def _events(session: Session, tick: int, upto: int, run_pks: dict[Any, str]) -> list[EventRead]:
    found = raw(session).execute(
        f"SELECT id FROM event WHERE run_pk IN ({_marks(list(run_pks))}) AND tick > ? AND tick <= ? ORDER BY id",
        (*run_pks, tick, upto),
    )
    ids = [id for (id,) in found]
    if not ids:
        return []
    events = session.exec(select(Event).where(col(Event.id).in_(ids)).order_by(col(Event.id)))
    return [event_read(run_pks[event.run_pk], event) for event in events]


def _marks(keys: Sequence[Any]) -> str:
    return ", ".join("?" * len(keys))


def _by_name(points: list[dict[str, float]]) -> dict[str, list[float | None]]:
    """Turn values by point into one list a metric, with None where a point lacks it."""
    found: dict[str, list[float | None]] = defaultdict(lambda: [None] * len(points))
    for at, point in enumerate(points):
        for name, value in point.items():
            found[name][at] = value
    return dict(found)
