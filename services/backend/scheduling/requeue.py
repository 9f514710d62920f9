"""Runs that come back: whether one that ended with its host goes on by itself, which is to say, is queued again.

Only what an agent of this Loradeck had started does, and only while nobody wants it to stop: a folder that was copied
in, or a run started by hand, waits for a person.
"""

from contextlib import suppress
from pathlib import Path

import msgspec
from sqlmodel import Session, col, select

from services.backend.database.db import Write
from services.backend.database.tables import Attempt, Run
from services.backend.runs.record import Record
from services.backend.runs.schemas import Wanted
from trainer.contract.rundir import RunDir

MOST_FALLS = 3
"""So often in a row the host may go down under a run that saves no checkpoint: it may be the run's own doing."""


def is_requeued(write: Write, record: Record, attempt: Attempt) -> bool:
    """Whether the run goes on by itself after `attempt`, whose `exit` has just been read."""
    run, exit = record.run, attempt.exit
    if exit is None or not exit["by_host"] or attempt.attempt != run.attempt or attempt.claimed_by is None:
        return False
    if run.wanted != Wanted.RUN or attempt.end_reason not in (None, "stopped"):
        return False
    return exit["how"] == "exited" or _falls(write, record) < MOST_FALLS


def is_awaited(session: Session, logs_dir: Path, reading_in_trouble: bool, agent_id: str) -> bool:
    """Check whether a run of this agent will be queued again once its `exit.json` is read, so that it can go first.

    False while the follower cannot read (`reading_in_trouble`), which may last.
    """
    if reading_in_trouble:
        return False
    rows = session.exec(
        select(Run.id, Attempt.attempt)
        .where(Attempt.run_pk == Run.pk, Attempt.attempt == Run.attempt, Attempt.claimed_by == agent_id)
        .where(col(Attempt.exit).is_(None), col(Run.queued_at).is_(None), Run.wanted == Wanted.RUN)
        .where(col(Attempt.cancelled).is_(False), col(Run.folder_missing).is_(False))
    ).all()
    for run_id, attempt in rows:
        with suppress(OSError, msgspec.MsgspecError):
            exit = RunDir(logs_dir / run_id).read_exit()
            if exit is not None and exit.attempt == attempt and exit.by_host:
                return True
    return False


def _falls(write: Write, record: Record) -> int:
    """How many attempts, the newest and those just before it, went down with the host and had saved nothing."""
    query = "SELECT DISTINCT attempt FROM event WHERE run_pk = ? AND type = 'checkpoint'"
    saved = {attempt for (attempt,) in write.sql.execute(query, (record.pk,))}
    falls = 0
    for number in sorted(record.attempts, reverse=True):
        exit = record.attempts[number].exit
        if number in saved or exit is None or exit["how"] != "lost" or not exit.get("by_host"):
            break
        falls += 1
    return falls
