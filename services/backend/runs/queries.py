"""Queries of runs and what belongs to them. Curves are in `metrics`."""

import math
from pathlib import Path
from urllib.parse import quote

from sqlmodel import Session, col, desc, select

from services.backend.database import plain_rows
from services.backend.database.db import raw
from services.backend.database.tables import Attempt, Event, Fault, Run
from services.backend.errors import Forbidden, NotFound
from services.backend.metrics.sparkline import Spark
from services.backend.runs import artifacts
from services.backend.runs.record import Record
from services.backend.runs.schemas import (
    AttemptRead,
    CheckpointRead,
    EventRead,
    LogFault,
    RunDetail,
    RunListItem,
    RunPhase,
    RunRead,
    RunState,
    SampleRead,
    Wanted,
)
from trainer.contract.rundir import kept_evaluation


def find_run(session: Session, run_id: str) -> Run:
    """Find the row of a run. Raises: NotFound."""
    run = session.exec(select(Run).where(Run.id == run_id)).one_or_none()
    if run is None:
        raise run_not_found(run_id)
    return run


def run_not_found(run_id: str) -> NotFound:
    return NotFound("run_not_found", f"There is no run {run_id[:120]!r}.", "GET /api/runs lists them.", "run_id")


def list_runs(session: Session) -> list[RunListItem]:
    """List all runs, the newest first."""
    runs = plain_rows.load(raw(session), Run, "TRUE ORDER BY created_at DESC, pk DESC", ())
    return [RunListItem(**run_read(run).__dict__, sparkline=Spark(run.spark).means) for run in runs]


def read_run(session: Session, logs_dir: Path, run_id: str) -> RunDetail:
    """Read a run with its config and attempts. Raises: NotFound."""
    run = find_run(session, run_id)
    attempts = session.exec(select(Attempt).where(Attempt.run_pk == run.pk).order_by(col(Attempt.attempt)))
    return detail(run, list(attempts), logs_dir)


def detail_of(record: Record, logs_dir: Path) -> RunDetail:
    """Read a run with its config and attempts from its record."""
    return detail(record.run, [record.attempts[number] for number in sorted(record.attempts)], logs_dir)


def detail(run: Run, attempts: list[Attempt], logs_dir: Path) -> RunDetail:
    return RunDetail(
        **run_read(run).__dict__,
        config=run.config,
        attempts=[_attempt_read(run, attempt) for attempt in attempts],
        folder=str(logs_dir / run.id),
    )


def run_read(run: Run) -> RunRead:
    return RunRead(
        id=run.id,
        name=run.name,
        model=run.model,
        wanted=Wanted(run.wanted),
        state=RunState(run.state),
        attempt=run.attempt,
        code=run.code,
        message=run.message,
        created_at=run.created_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        last_event_at=run.last_event_at,
        step=run.step,
        total_steps=run.total_steps,
        phase=RunPhase(**run.phase) if run.phase else None,
        last=run.last,
        keys=run.keys,
        seconds_per_step=run.seconds_per_step,
        seconds_left=run.seconds_left if run.state == RunState.RUNNING else None,
        warnings=run.warnings,
        host=run.host,
        world_size=run.world_size,
    )


def list_events(session: Session, run_id: str, after: int, type: str | None, limit: int) -> list[EventRead]:
    """List the events after the id `after`, all or of one type. Raises: NotFound."""
    run = find_run(session, run_id)
    query = select(Event).where(Event.run_pk == run.pk, col(Event.id) > after)
    if type is not None:
        query = query.where(Event.type == type)
    return [event_read(run_id, event) for event in session.exec(query.order_by(col(Event.id)).limit(limit))]


def event_read(run_id: str, event: Event) -> EventRead:
    assert event.id is not None
    return EventRead(
        id=event.id,
        run_id=run_id,
        attempt=event.attempt,
        rank=event.rank,
        type=event.type,
        ts=event.ts,
        body=event.body,
    )


def list_faults(session: Session, run_id: str | None, limit: int) -> list[LogFault]:
    """List the faults of one run or of all, the newest first. Raises: NotFound."""
    query = select(Fault, Run.id).where(Fault.run_pk == Run.pk)
    if run_id is not None:
        query = query.where(Fault.run_pk == find_run(session, run_id).pk)
    found = session.exec(query.order_by(desc(Fault.pk)).limit(limit))
    return [LogFault(run_id=run, file=fault.file, offset=fault.offset, reason=fault.reason) for fault, run in found]


def list_samples(session: Session, run_id: str) -> list[SampleRead]:
    """List the samples in the order in which they were drawn. Raises: NotFound."""
    return [
        SampleRead(
            attempt=event.attempt,
            step=event.body["step"],
            what=event.body["what"],
            prompt=event.body["prompt"],
            seed=event.body["seed"],
            path=event.body["path"],
            url=_url(run_id, event.body["path"]),
            ts=event.ts,
        )
        for event in _events_of(session, run_id, "sample")
    ]


def list_checkpoints(session: Session, logs_dir: Path, run_id: str) -> list[CheckpointRead]:
    """List the checkpoints that were not rotated away, in the order in which they were saved. Raises: NotFound."""
    kept: list[Event] = []
    for event in _events_of(session, run_id, "checkpoint"):
        removed = set(event.body.get("removed", ()))
        kept = [older for older in kept if older.body["path"] not in removed] if removed else kept
        kept.append(event)
    return [
        CheckpointRead(
            attempt=event.attempt,
            step=event.body["step"],
            path=event.body["path"],
            bytes=event.body["bytes"],
            lora=event.body["lora"],
            lora_url=_lora_url(logs_dir, run_id, event.body["lora"]),
            eval_loss=_eval_loss(logs_dir, run_id, event.body["path"]),
            ts=event.ts,
        )
        for event in kept
    ]


def _events_of(session: Session, run_id: str, type: str) -> list[Event]:
    run = find_run(session, run_id)
    return list(session.exec(select(Event).where(Event.run_pk == run.pk, Event.type == type).order_by(col(Event.id))))


def _lora_url(logs_dir: Path, run_id: str, lora: str | None) -> str | None:
    if lora is None:
        return None
    try:
        there = artifacts.resolve(logs_dir / run_id, lora).is_file()
    except Forbidden:
        return None
    return _url(run_id, lora) if there else None


def _eval_loss(logs_dir: Path, run_id: str, path: str) -> float | None:
    try:
        loss = kept_evaluation(artifacts.resolve(logs_dir / run_id, path))
    except Forbidden:
        return None
    return loss if loss is not None and math.isfinite(loss) else None


def _url(run_id: str, path: str) -> str:
    return f"/api/runs/{run_id}/files/{quote(path)}"


def _attempt_read(run: Run, attempt: Attempt) -> AttemptRead:
    if attempt.attempt == run.attempt and run.queued_at is None:
        ended = run.ended_at is not None
        reason = str(run.state) if ended else None
        ended_at = run.ended_at if ended else None
    else:
        lost = attempt.exit is not None and attempt.exit["how"] == "lost"
        reason = "lost" if lost else attempt.end_reason or attempt.shim_reason or _stopped_or_lost(attempt)
        ended_at = attempt.exit["ended_at"] if attempt.exit else attempt.end_at
    return AttemptRead(
        attempt=attempt.attempt,
        first_step=attempt.first_step,
        last_step=attempt.last_step,
        started_at=attempt.started_at,
        ended_at=ended_at,
        reason=reason,
    )


def _stopped_or_lost(attempt: Attempt) -> str:
    if attempt.exit is not None:
        return "stopped" if attempt.stop_requested else "failed"
    return "stopped" if attempt.cancelled else "lost"
