"""The lineage of a run's curve: its streams, attempt by attempt, each up to where a later attempt replaces it."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlmodel import Session

from services.backend.database.db import raw
from services.backend.database.tables import Run
from services.backend.metrics.stream_reader import StreamReader

NEVER = 2**62
"""A step that no run reaches."""
_ATTEMPTS_WITH_LOGS = "SELECT DISTINCT attempt FROM log WHERE run_pk = ?"


@dataclass(frozen=True)
class Branch:
    """The shown part of a stream: its points before the step at which a later attempt resumed."""

    reader: StreamReader
    end: int
    points: int
    first_step: int
    last_step: int
    first_ts: float
    last_ts: float


@dataclass(frozen=True)
class Curve:
    """The curve of a run, or of one of its attempts."""

    run: Run
    attempt: int | None
    branches: list[Branch]
    t0: float | None


def streams(session: Session, run: Run) -> Iterator[tuple[int, int, StreamReader]]:
    """Yield the attempt, kind and reader of each of a run's streams, by attempt."""
    rows = raw(session).execute(
        "SELECT attempt, log_pk, kind FROM stream JOIN log ON log.pk = log_pk WHERE run_pk = ? AND rank = 0"
        " ORDER BY attempt, kind",
        (run.pk,),
    )
    for attempt, log_pk, kind in rows.fetchall():
        yield attempt, kind, StreamReader(raw(session), log_pk, kind)


def shown_until(session: Session, run: Run) -> dict[int, int]:
    """Find for each attempt the step before which it is shown: from there a later attempt is."""
    first = dict(raw(session).execute("SELECT attempt, first_step FROM attempt WHERE run_pk = ?", (run.pk,)))
    numbers = set(first) | {number for (number,) in raw(session).execute(_ATTEMPTS_WITH_LOGS, (run.pk,))}
    return {
        number: min((step for other, step in first.items() if other > number and step is not None), default=NEVER)
        for number in numbers
    }


def curves_of(session: Session, run: Run, every_attempt: bool) -> Iterator[Curve]:
    """Yield the run's curve, in which the newest attempt wins; with `every_attempt` also each attempt's own."""
    until = shown_until(session, run)
    whole = {
        (attempt, kind): branch
        for attempt, kind, reader in streams(session, run)
        if (branch := _branch(reader, NEVER)) is not None
    }
    t0 = min((branch.first_ts for branch in whole.values()), default=None)
    shown = [
        branch if until[attempt] == NEVER else _branch(branch.reader, until[attempt])
        for (attempt, _), branch in whole.items()
    ]
    yield Curve(run, None, [branch for branch in shown if branch is not None], t0)
    if every_attempt:
        for attempt in dict.fromkeys(attempt for attempt, _ in whole):
            yield Curve(run, attempt, [branch for (number, _), branch in whole.items() if number == attempt], t0)


def _branch(reader: StreamReader, end: int) -> Branch | None:
    """Find the bounds of the shown part; None if nothing is. They are a little wide if a segment is shown in part."""
    place = {"log": reader.log_pk, "kind": reader.kind, "end": end}
    sealed = reader.sql.execute(
        "SELECT total(n), min(first_step), max(last_step), min(first_ts), max(last_ts) FROM segment"
        " WHERE log_pk = :log AND kind = :kind AND first_step < :end",
        place,
    ).fetchone()
    recent = reader.sql.execute(
        "SELECT count(*), min(step), max(step), min(ts), max(ts) FROM point"
        " WHERE log_pk = :log AND kind = :kind AND step < :end",
        place,
    ).fetchone()
    found = [bounds for bounds in (sealed, recent) if bounds[0]]
    if not found:
        return None
    counts, first, last, first_ts, last_ts = zip(*found, strict=True)
    return Branch(reader, end, int(sum(counts)), min(first), min(max(last), end - 1), min(first_ts), max(last_ts))
