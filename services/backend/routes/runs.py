"""Runs: create, list, read, stop, resume, delete, and the content of their folders."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse, StreamingResponse

from services.backend.database.db import Database
from services.backend.metrics.export import MEDIA_TYPES, Format, export
from services.backend.routes import RuntimeOf
from services.backend.runs import artifacts, commands, queries
from services.backend.runs.schemas import (
    CheckpointRead,
    EventRead,
    LogFault,
    LogText,
    RunCreate,
    RunDetail,
    RunListItem,
    SampleRead,
)

router = APIRouter(prefix="/runs", tags=["runs"])

MAX_INT = 2**53
Whole = Annotated[int, Query(ge=0, le=MAX_INT)]


@router.get("")
def list_runs(runtime: RuntimeOf) -> list[RunListItem]:
    """List all runs, the newest first."""
    with runtime.db.read() as session:
        return queries.list_runs(session)


@router.post("", status_code=201)
def create_run(body: RunCreate, runtime: RuntimeOf) -> RunDetail:
    """Check a config and queue a run of it."""
    return commands.create(runtime.db, runtime.settings, runtime.datasets, body)


@router.get("/{run_id}")
def read_run(run_id: str, runtime: RuntimeOf) -> RunDetail:
    with runtime.db.read() as session:
        return queries.read_run(session, runtime.settings.logs_dir, run_id)


@router.get(
    "/{run_id}/export",
    response_class=StreamingResponse,
    responses={200: {"content": {media_type: {} for media_type in MEDIA_TYPES.values()}}},
)
def export_run(
    run_id: str,
    runtime: RuntimeOf,
    format: Format = Format.CSV,
    keys: Annotated[list[str] | None, Query(max_length=500, description="Metric names; all if left out.")] = None,
) -> StreamingResponse:
    """Export every point of every attempt as one table: a row for each event, a column for each metric."""
    pieces = _table(runtime.db, run_id, keys, format)
    next(pieces)  # so that an error is raised before the answer begins
    name = {"Content-Disposition": f'attachment; filename="{run_id}.{format}"'}
    return StreamingResponse(pieces, media_type=MEDIA_TYPES[format], headers=name)


@router.delete("/{run_id}", status_code=204)
def delete_run(run_id: str, runtime: RuntimeOf) -> Response:
    """Delete a run that has ended or never started: its folder with checkpoints and samples, and its curve."""
    commands.delete(runtime.db, runtime.settings.logs_dir, run_id, runtime.follower.tidy)
    return Response(status_code=204)


@router.post("/{run_id}/stop", status_code=202)
def stop_run(run_id: str, runtime: RuntimeOf) -> RunDetail:
    """Ask a run to finish its step, save and stop. It is stopped once its state says so."""
    return commands.stop(runtime.db, runtime.settings.logs_dir, run_id)


@router.post("/{run_id}/resume", status_code=202)
def resume_run(run_id: str, runtime: RuntimeOf) -> RunDetail:
    """Queue a run that was stopped, failed or lost; it resumes from its newest checkpoint."""
    return commands.resume(runtime.db, runtime.settings.logs_dir, run_id)


@router.get("/{run_id}/events")
def list_events(
    run_id: str,
    runtime: RuntimeOf,
    after: Annotated[Whole, Query(description="The id of the last event that you have.")] = 0,
    type: Annotated[str | None, Query(description="Only events of this type.", max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
) -> list[EventRead]:
    """List the events other than steps and phases, in the order in which they were read."""
    with runtime.db.read() as session:
        return queries.list_events(session, run_id, after, type, limit)


@router.get("/{run_id}/faults")
def list_faults(run_id: str, runtime: RuntimeOf, limit: Annotated[int, Query(ge=1, le=1000)] = 200) -> list[LogFault]:
    """List the log lines of the run that were set aside, and gaps and repeats in its logs, the newest first."""
    with runtime.db.read() as session:
        return queries.list_faults(session, run_id, limit)


@router.get("/{run_id}/log")
def read_log(
    run_id: str,
    runtime: RuntimeOf,
    attempt: Annotated[int | None, Query(ge=1, le=999_999, description="The newest if left out.")] = None,
    offset: Annotated[Whole | None, Query(description="Bytes; the file's end is read if left out.")] = None,
    limit: Annotated[int, Query(ge=1, le=1 << 20, description="Bytes.")] = 1 << 16,
) -> LogText:
    """Read a piece of what an attempt printed."""
    with runtime.db.read() as session:
        row = queries.find_run(session, run_id)
    return artifacts.read_log(runtime.settings.logs_dir / run_id, attempt or row.attempt, offset, limit)


@router.get("/{run_id}/samples")
def list_samples(run_id: str, runtime: RuntimeOf) -> list[SampleRead]:
    with runtime.db.read() as session:
        return queries.list_samples(session, run_id)


@router.get("/{run_id}/checkpoints")
def list_checkpoints(run_id: str, runtime: RuntimeOf) -> list[CheckpointRead]:
    with runtime.db.read() as session:
        return queries.list_checkpoints(session, runtime.settings.logs_dir, run_id)


@router.get("/{run_id}/files/{path:path}", response_class=FileResponse)
def read_file(run_id: str, path: str, runtime: RuntimeOf, download: bool = False) -> FileResponse:
    """Serve a file under the run's `checkpoints/` or `samples/`; Range is supported. `download` names it for saving."""
    with runtime.db.read() as session:
        queries.find_run(session, run_id)
    return artifacts.run_file(runtime.settings.logs_dir / run_id, path, download)


def _table(db: Database, run_id: str, keys: list[str] | None, format: Format) -> Iterator[bytes]:
    """Yield an empty piece once the run is found, then the table, all of one moment. Raises: NotFound."""
    with db.read() as session:
        run = queries.find_run(session, run_id)
        yield b""
        yield from export(session, run, keys, format)
