"""Metric curves out of the database: any window of steps, raw where it fits, else by bucket with exact extremes."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt
from sqlmodel import Session, select

from services.backend.cursor import cursor
from services.backend.db import raw
from services.backend.errors import Invalid
from services.backend.query import find_run
from services.backend.schemas import Axis, Metrics, NonFiniteMark, RunSeries, Series
from services.backend.tables import Attempt, Log, Run

unpack_values = msgspec.msgpack.Decoder(dict[str, float]).decode
unpack_nonfinite = msgspec.msgpack.Decoder(dict[str, Literal["nan", "inf", "-inf"]]).decode

Steps = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Window:
    """What part of the curves, in units of its axis, and at most how many points a series."""

    x: Axis = Axis.STEP
    from_x: float | None = None
    to_x: float | None = None
    buckets: int = 1000


@dataclass(frozen=True)
class _Branch:
    log_pk: int
    attempt: int
    limit: int


def read_metrics(
    session: Session, run_ids: list[str], keys: list[str] | None, window: Window, *, every_attempt: bool = False
) -> Metrics:
    if window.from_x is not None and window.to_x is not None and window.from_x > window.to_x:
        raise Invalid("invalid_field", f"from is {window.from_x:g}, after to, which is {window.to_x:g}.", "Swap them.", "from")
    loaded = []
    for run_id in dict.fromkeys(run_ids):
        run = find_run(session, run_id)
        branches = _branches(session, run)
        wanted = [k for k in dict.fromkeys(keys) if k in set(run.keys)] if keys is not None else run.keys
        loaded.append((run, None, _points(session, branches, wanted)))
        if every_attempt:
            for branch in branches:
                loaded.append((run, branch.attempt, _points(session, [_Branch(branch.log_pk, branch.attempt, 2**62)], wanted)))
    def axis(t0, steps, ts):
        return steps.astype(np.float64) if window.x is Axis.STEP else ts - (t0 if window.x is Axis.RELATIVE else 0)
    t0s = {run.id: min((ts.min() for r, a, p in loaded if r.id == run.id for steps, ts, v, n in p.values() if len(ts)), default=None) for run, _, _ in loaded}
    ends = [axis(t0s[run.id], steps, ts) for run, _, p in loaded for steps, ts, v, n in p.values() if len(steps)]
    lo = window.from_x if window.from_x is not None else min((float(e.min()) for e in ends), default=0.0)
    hi = max(lo, window.to_x if window.to_x is not None else max((float(e.max()) for e in ends), default=lo))
    most = max((int(((e >= lo) & (e <= hi)).sum()) for e in ends), default=0)
    width = None
    if window.x is Axis.STEP:
        w = -(-(int(hi) - int(lo) + 1) // window.buckets)
        width = float(w) if w > 1 else None
    elif most > window.buckets:
        width = (hi - lo) / window.buckets
    if width is not None:
        lo = lo // width * width
    runs = []
    for run, attempt, p in loaded:
        series = []
        for key, (steps, ts, values, whats) in p.items():
            x = axis(t0s[run.id], steps, ts)
            keep = (x >= lo) & (x <= hi if width is None else x < lo + width * (int((hi - lo) // width) + 1))
            x, steps, values, whats = x[keep], steps[keep], values[keep], whats[keep]
            fin = np.isfinite(values)
            marks = [NonFiniteMark(x=float(a), step=int(b), what="nan" if np.isnan(c) else "inf" if c > 0 else "-inf", count=1) for a, b, c in zip(x[~fin], steps[~fin], values[~fin])]
            x, values = x[fin], values[fin]
            last = float(values[-1]) if len(values) else None
            conv = (lambda q: q.astype(np.int64).tolist()) if window.x is Axis.STEP else (lambda q: q.tolist())
            if width is None:
                series.append(Series(key=key, x=conv(x), mean=values.tolist(), min=None, max=None, count=None, last=last, nonfinite=marks))
                continue
            b = ((x - lo) // width).astype(np.int64)
            starts = np.flatnonzero(np.diff(b, prepend=-1)) if len(b) else np.empty(0, np.int64)
            counts = np.diff(starts, append=len(x))
            if not len(starts):
                series.append(Series(key=key, x=[], mean=[], min=[], max=[], count=[], last=None, nonfinite=marks)); continue
            series.append(Series(key=key, x=conv(lo + b[starts] * width), mean=(np.add.reduceat(values / np.repeat(counts, counts), starts)).tolist(), min=np.minimum.reduceat(values, starts).tolist(), max=np.maximum.reduceat(values, starts).tolist(), count=counts.tolist(), last=last, nonfinite=marks))
        runs.append(RunSeries(run_id=run.id, attempt=attempt, t0=t0s[run.id], series=series))
    return Metrics(cursor=cursor(session), x=window.x, from_x=lo, to_x=hi, bucket=width, runs=runs)


def _branches(session: Session, run: Run) -> list[_Branch]:
    first_steps = dict(session.exec(select(Attempt.attempt, Attempt.first_step).where(Attempt.run_pk == run.pk)).all())
    logs = session.exec(select(Log.pk, Log.attempt).where(Log.run_pk == run.pk, Log.rank == 0).order_by(Log.attempt))
    return [_Branch(pk, a, min((s for n, s in first_steps.items() if n > a and s is not None), default=2**62)) for pk, a in logs]


def _points(session, branches, keys):
    found = {key: ([], [], [], []) for key in keys}
    for branch in branches:
        for step, ts, packed, nonfinite in raw(session).execute('SELECT step, ts, "values", nonfinite FROM point WHERE log_pk = ? AND step < ? ORDER BY step, seq', (branch.log_pk, branch.limit)):
            values = {**unpack_values(packed), **{k: {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}[w] for k, w in (unpack_nonfinite(nonfinite) if nonfinite else {}).items()}}
            for key in values.keys() & found.keys():
                s, t, v, w = found[key]
                s.append(step); t.append(ts); v.append(values[key]); w.append(0)
    return {k: (np.array(s, np.int64), np.array(t), np.array(v), np.array(w)) for k, (s, t, v, w) in found.items()}


def columns(rows: list[dict[str, float]]) -> dict[str, list[float | None]]:
    """Values row by row into one list a metric, None where a row lacks it."""
    found: dict[str, list[float | None]] = defaultdict(lambda: [None] * len(rows))
    for at, row in enumerate(rows):
        for key, value in row.items():
            found[key][at] = value
    return dict(found)
