"""The small files of a run folder into its record: `config.json`, `state.json`, `stop.request` and `exit.json`."""

import time
from typing import Any, TypeVar

import msgspec
from sqlalchemy import update as sql_update
from sqlmodel import col

from services.backend.database.db import Write
from services.backend.database.tables import Run
from services.backend.ingest.faults import report_fault
from services.backend.ingest.tail import Fault
from services.backend.runs.artifacts import last_words
from services.backend.runs.record import Record
from services.backend.runs.schemas import RunState, Wanted
from services.backend.scheduling.requeue import is_requeued
from trainer.contract.messages import message
from trainer.contract.rank_failures import failure_of_others
from trainer.contract.rundir import Exit, RunDir, State, StopRequest

T = TypeVar("T", State, Exit, StopRequest)

MAX_ATTEMPT = 999_999


def found_run(folder: RunDir) -> Run:
    """Make the row of a run that was not created here: it is not queued, whatever its config says."""
    config = _read_config(folder)
    name, model = _name_and_model(config, folder.run_id)
    try:
        created_at = (folder.config if config else folder.path).stat().st_mtime
    except OSError:
        created_at = time.time()
    return Run(
        id=folder.run_id,
        name=name,
        model=model,
        config=config,
        wanted=Wanted.RUN,
        state=RunState.STOPPED,
        created_at=created_at,
        tick=0,
    )


def take_config(write: Write, record: Record, folder: RunDir) -> bool:
    """Take the config of a folder that was copied in, where it may come after the logs. Returns whether it is new."""
    if record.run.config or not (config := _read_config(folder)):
        return False
    name, model = _name_and_model(config, folder.run_id)
    write.session.execute(sql_update(Run).where(col(Run.pk) == record.pk).values(config=config, name=name, model=model))
    record.run.config, record.run.name, record.run.model = config, name, model
    return True


def take_state(write: Write, record: Record, folder: RunDir) -> bool:
    """Take what `state.json` says: that a shim has started the attempt. Returns whether that is new."""
    state = _read(write, record, folder, "state.json", State)
    if state is None:
        return False
    attempt = record.attempt(write, state.attempt)
    if attempt.has_shim:
        return False
    attempt.has_shim = True
    attempt.started_at = attempt.started_at or state.started_at
    record.run.host = state.host
    return True


def take_stop_request(write: Write, record: Record, folder: RunDir) -> bool:
    """Take what `stop.request` says. Returns whether it is new."""
    stop = _read(write, record, folder, "stop.request", StopRequest)
    if stop is None or stop.attempt not in record.attempts:
        return False
    attempt = record.attempts[stop.attempt]
    is_new, attempt.stop_requested = not attempt.stop_requested, True
    return is_new


def read_exit(write: Write, record: Record, folder: RunDir) -> Exit | None:
    return _read(write, record, folder, "exit.json", Exit)


def take_exit(write: Write, record: Record, folder: RunDir, exit: Exit) -> bool:
    """Take how an attempt ended, once its logs are read to their ends; it may queue the run again. Returns whether it
    is new."""
    attempt = record.attempt(write, exit.attempt)
    facts: dict[str, Any] = msgspec.to_builtins(exit)
    if attempt.exit == facts:
        return False
    is_first, attempt.exit = attempt.exit is None, facts
    if is_first and is_requeued(write, record, attempt):
        record.run.queued_at, record.run.phase = time.time(), None
    if attempt.end_reason is None and exit.how == "exited":
        if (theirs := failure_of_others(folder, exit.attempt)) is not None:
            attempt.end_reason, attempt.end_code, attempt.end_message = "failed", theirs.code, theirs.message
        attempt.last_words = last_words(folder.text_log(exit.attempt))
    return True


def _read(write: Write, record: Record, folder: RunDir, name: str, kind: type[T]) -> T | None:
    """Read one file; a malformed one is reported as a fault, like a bad line."""
    try:
        fact = msgspec.json.decode((folder.path / name).read_bytes(), type=kind)
        if not 1 <= fact.attempt <= MAX_ATTEMPT:
            raise ValueError(f"there is no attempt {fact.attempt}")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, RecursionError) as error:
        report_fault(write, record, name, Fault.of(0, message("unreadable.file", reason=error)))
        return None
    return fact


def _read_config(folder: RunDir) -> dict[str, Any]:
    """Return what `config.json` holds, valid or not; empty if that is no JSON object."""
    try:
        return msgspec.json.decode(folder.config.read_bytes(), type=dict[str, Any])
    except (OSError, ValueError, RecursionError):
        return {}


def _name_and_model(config: dict[str, Any], run_id: str) -> tuple[str, str]:
    return str(config.get("name", run_id))[:200], str(config.get("model", ""))[:200]
