"""Requeues runs that ended with their host, so that they resume when it is back.

This holds only for runs that an agent of this Loradeck started and that nobody wants to stop: a folder that was copied
in, or a run started by hand, waits for a person.
"""

from pathlib import Path

from sqlmodel import Session, col, select

from services.backend.database.db import Write
from services.backend.database.tables import Attempt, Run
from services.backend.runs.record import Record
from services.backend.runs.schemas import Wanted
from trainer.contract.rundir import RunDir

MAX_LOSSES = 3
"""How often in a row a run that saves no checkpoint may lose its host: the run itself may be the cause."""


def is_requeued(write: Write, record: Record, attempt: Attempt) -> bool:
    """Check whether the run is to be queued again after `attempt`, whose `exit` has just been read."""
    run, exit = record.run, attempt.exit
    if exit is None or not exit["by_host"] or attempt.attempt != run.attempt or attempt.claimed_by is None:
        return False
    if run.wanted != Wanted.RUN or attempt.end_reason not in (None, "stopped"):
        return False
    return exit["how"] == "exited" or _losses_in_a_row(write, record) < MAX_LOSSES


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
        exit = RunDir(logs_dir / run_id).read_exit()
        if exit is not None and exit.attempt == attempt and exit.by_host:
            return True
    return False


def _losses_in_a_row(write: Write, record: Record) -> int:
    """Count the attempts, from the newest back, that were lost with their host and had saved nothing."""
    query = "SELECT DISTINCT attempt FROM event WHERE run_pk = ? AND type = 'checkpoint'"
    saved = {attempt for (attempt,) in write.sql.execute(query, (record.pk,))}
    falls = 0
    for number in sorted(record.attempts, reverse=True):
        exit = record.attempts[number].exit
        if number in saved or exit is None or exit["how"] != "lost" or not exit.get("by_host"):
            break
        falls += 1
    return falls
