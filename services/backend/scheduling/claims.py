"""Claims: agents ask for work, and are assigned a run or a task."""

import time
from pathlib import Path

from sqlmodel import Session, col, select

from services.backend.database.db import Database, Write
from services.backend.database.tables import Agent, Attempt, Run, Task
from services.backend.runs.record import Record
from services.backend.runs.schemas import Wanted
from services.backend.runs.states import REQUEUED_CODES
from services.backend.scheduling.requeue import is_awaited
from services.backend.scheduling.schemas import AgentRead, Assignment, Claim
from services.backend.tasks.queue import ONLINE_S, TaskQueue
from services.backend.tasks.schemas import TaskAssignment
from trainer.contract.rundir import RunDir
from trainer.contract.tasks import NEEDS_GPUS

ABANDONED_S = 60.0
"""An attempt that was claimed and not started is offered to others once its agent has been silent for this long."""


def list_agents(session: Session) -> list[AgentRead]:
    """List all agents that ever request for work, by id."""
    now = time.time()
    return [
        AgentRead(
            agent_id=agent.agent_id,
            host=agent.host,
            gpus=agent.gpus,
            alive=agent.alive,
            tasks=agent.tasks,
            last_seen_at=agent.last_seen_at,
            online=now - agent.last_seen_at < ONLINE_S,
        )
        for agent in session.exec(select(Agent).order_by(col(Agent.agent_id)))
    ]


def claim(
    db: Database, tasks: TaskQueue, logs_dir: Path, reading_in_trouble: bool, request: Claim
) -> Assignment | TaskAssignment | None:
    """Record the agent's sign of life, and assign it the run or task that it is to start now, if any.

    The same claim gets the same answer until the shim's log is there, so a lost answer does no harm. Work that needs
    the GPUs is assigned one at a time: a claimed run first, then tasks, for which a person waits, then queued runs.
    """
    now = time.time()
    with db.write() as write:
        write.session.merge(
            Agent(
                agent_id=request.agent_id,
                host=request.host,
                gpus=request.gpus,
                alive=request.alive,
                tasks=request.tasks or [],
                last_seen_at=now,
            )
        )
        write.session.flush()
        offered = _unstarted(write, logs_dir, request, now)
        has_gpus = not request.alive and not _occupies_gpus(write.session, request.tasks or [])
        if has_gpus and (
            offered is not None or is_awaited(write.session, logs_dir, reading_in_trouble, request.agent_id)
        ):
            return offered
        if request.tasks is not None:
            task = tasks.next_for(write, request.agent_id, request.tasks, with_gpus=has_gpus)
            if task is not None:
                return task
        return _first_queued(write, logs_dir, request.agent_id, now) if has_gpus else None


def _occupies_gpus(session: Session, task_ids: list[str]) -> bool:
    return bool(session.exec(select(Task.id).where(col(Task.id).in_(task_ids), col(Task.kind).in_(NEEDS_GPUS))).first())


def _unstarted(write: Write, logs_dir: Path, request: Claim, now: float) -> Assignment | None:
    """Find an attempt that was claimed by this agent, or by one that is silent now, and was not started.

    Attempts that are to be stopped are cancelled: their agent has just shown that it is not starting them.
    """
    offered = None
    for run_id, attempt in _claimed(write.session):
        if attempt.claimed_by != request.agent_id and not _is_abandoned(write.session, attempt, now):
            continue
        if run_id in request.alive or RunDir(logs_dir / run_id).log(attempt.attempt, -1).exists():
            continue
        record = Record.load(write.sql, run_id)
        if record is None or record.run.folder_missing:
            continue
        mine = record.attempts[attempt.attempt]
        if record.run.wanted == Wanted.STOP:
            mine.cancelled = True
            mine.end_at = now
            record.save(write, now)
        elif offered is None:
            if mine.claimed_by != request.agent_id:
                mine.claimed_by, mine.claimed_at = request.agent_id, now
                record.save(write, now)
            offered = Assignment(run_id=run_id, attempt=attempt.attempt)
    return offered


def _claimed(session: Session) -> list[tuple[str, Attempt]]:
    """Find the runs whose newest attempt was claimed and has no log yet."""
    rows = session.exec(
        select(Run.id, Attempt)
        .where(Attempt.run_pk == Run.pk, Attempt.attempt == Run.attempt)
        .where(
            col(Attempt.claimed_by).is_not(None), col(Attempt.has_shim).is_(False), col(Attempt.cancelled).is_(False)
        )
        .where(col(Attempt.exit).is_(None), col(Run.queued_at).is_(None))
        .order_by(col(Attempt.claimed_at))
    ).all()
    session.expunge_all()
    return [(run_id, attempt) for run_id, attempt in rows]


def _is_abandoned(session: Session, attempt: Attempt, now: float) -> bool:
    agent = session.get(Agent, attempt.claimed_by)
    return agent is None or now - agent.last_seen_at > ABANDONED_S


def _first_queued(write: Write, logs_dir: Path, agent_id: str, now: float) -> Assignment | None:
    """Claim the first run of the queue: those requeued after their host's end, then those queued longest."""
    waiting = write.session.exec(
        select(Run.id)
        .where(col(Run.queued_at).is_not(None), Run.wanted == Wanted.RUN, col(Run.folder_missing).is_(False))
        .order_by(col(Run.code).in_(REQUEUED_CODES).desc(), col(Run.queued_at))
    ).all()
    for run_id in waiting:
        folder = RunDir(logs_dir / run_id)
        record = Record.load(write.sql, run_id)
        if record is None or not folder.config.is_file():
            continue
        known = [*record.attempts, *folder.attempts()]
        attempt = record.attempt(write, max(known, default=0) + 1)
        attempt.claimed_by, attempt.claimed_at = agent_id, now
        record.save(write, now)
        return Assignment(run_id=run_id, attempt=attempt.attempt)
    return None
