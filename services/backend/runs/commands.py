"""Commands to runs: create, stop, resume, delete. They only change what is wanted; facts change what is observed.

Each is one write transaction, so none of them meets the reader of logs, a claim or another command half-way.
"""

import os
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import delete as sql_delete
from sqlmodel import col

from services.backend.database.db import Database, Write
from services.backend.database.tables import Attempt, Deletion, Event, Fault, Log, Run
from services.backend.datasets import snapshot
from services.backend.datasets.store import Store
from services.backend.errors import Conflict
from services.backend.paths import check_lora_file, check_model_file, check_paths
from services.backend.runs.queries import detail_of, run_not_found
from services.backend.runs.record import Record
from services.backend.runs.schemas import RunDetail, RunState, Wanted
from services.backend.runs.states import ENDED, RESUMABLE
from services.backend.schemas import ConfigRequest
from services.backend.settings import Settings
from trainer.contract.config import RunConfig, parse_config, parse_stored_config
from trainer.contract.messages import message
from trainer.contract.rundir import ResumeRequest, RunDir, StopRequest, new_run_id, write_atomic

TRASH = ".trash-"


def create(db: Database, settings: Settings, store: Store, body: ConfigRequest) -> RunDetail:
    """Check a config, write its run folder, and queue it.

    Raises: ConfigError, NotFound, Conflict, Invalid, Forbidden.
    """
    with snapshot.tables(store, body.dataset_ids) as tables:
        return _create(db, settings, body.config, tables)


def _create(db: Database, settings: Settings, data: dict[str, Any], tables: "snapshot.Tables") -> RunDetail:
    config = check_config(data, settings.data_roots, tables)
    folder = RunDir(settings.logs_dir / new_run_id(config.name))
    config = snapshot.placed(config, tables, folder.path)
    now = time.time()
    run = Run(
        id=folder.run_id,
        name=config.name,
        model=config.model,
        config=config.model_dump(mode="json"),
        wanted=Wanted.RUN,
        queued_at=now,
        state=RunState.QUEUED,
        created_at=now,
        tick=0,
    )
    try:
        with db.write() as write:
            record = Record.new(write, run)
            record.save(write, now)
            folder.path.mkdir(parents=True)
            for number, table in tables.items():
                table.write(folder.path / snapshot.file_name(number))
            write_atomic(folder.config, config.model_dump_json(indent=2).encode() + b"\n")
    except BaseException:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise
    return detail_of(record, settings.logs_dir)


def check_config(data: dict[str, Any], roots: Sequence[Path], tables: "snapshot.Tables") -> RunConfig:
    """Parse a run's config and check that every path in it exists under `roots`, absolute in the result.

    `tables`: by their numbers those that the run gets of its own, in place of paths that would be checked.
    Raises: ConfigError, Invalid, Forbidden.
    """
    config = parse_config(snapshot.with_folders(data, {number: table.base for number, table in tables.items()}))
    snapshot.check(config, tables)
    config = config.with_datasets(
        dataset if number in tables else check_paths(dataset, number, roots)
        for number, dataset in enumerate(config.datasets)
    )
    paths: dict[str, Any] = {}
    if config.model_paths is not None:
        paths["model_paths"] = tuple(check_model_file(roots, path, "model_paths") for path in config.model_paths)
    if config.tokenizer_path is not None:
        paths["tokenizer_path"] = check_model_file(roots, config.tokenizer_path, "tokenizer_path")
    if config.lora_checkpoint is not None:
        paths["lora_checkpoint"] = check_lora_file(roots, config.lora_checkpoint, "lora_checkpoint")
    return config.model_copy(update=paths)


def stop(db: Database, logs_dir: Path, run_id: str) -> RunDetail:
    """Ask the run to stop: the trainer reads that at its next step. Raises: NotFound, Conflict."""
    with db.write() as write:
        record = _load(write, run_id)
        run, newest = record.run, record.newest
        if record.state in ENDED:
            raise Conflict(message(f"run_ended.{record.state}"))
        run.wanted = Wanted.STOP
        if run.queued_at is None and newest is not None:
            folder = RunDir(logs_dir / run_id)
            if folder.stop_reason(newest.attempt) != "person":
                folder.write_stop(StopRequest(attempt=newest.attempt, requested_at=time.time()))
            newest.stop_requested = True
        elif run.queued_at is not None:
            RunDir(logs_dir / run_id).resume.unlink(missing_ok=True)
        record.save(write, time.time())
    return detail_of(record, logs_dir)


def resume(db: Database, logs_dir: Path, run_id: str) -> RunDetail:
    """Queue the run again; its next attempt resumes from the newest checkpoint.

    Raises: NotFound, Conflict, ConfigError.
    """
    with db.write() as write:
        record = _load(write, run_id)
        if record.state not in RESUMABLE:
            if record.state is RunState.SUCCEEDED:
                raise Conflict(message("not_resumable.succeeded"))
            raise Conflict(message("not_resumable", state=record.state.value))
        if not RunDir(logs_dir / run_id).config.is_file():
            raise Conflict(message("not_resumable.no_config"))
        parse_stored_config(record.run.config)
        record.run.wanted = Wanted.RUN
        record.run.queued_at = time.time()
        record.run.folder_missing = False
        record.run.phase = None
        newest = record.newest.attempt if record.newest is not None else 0
        RunDir(logs_dir / run_id).write_resume(ResumeRequest(attempt=newest, requested_at=time.time()))
        record.save(write, time.time())
    return detail_of(record, logs_dir)


def delete(db: Database, logs_dir: Path, run_id: str, tidy: Callable[[], None]) -> None:
    """Delete an ended or queued run, its folder and its rows. `tidy` has its points removed later, a few at a time.

    Raises: NotFound, Conflict.
    """
    folder = logs_dir / run_id
    trash = logs_dir / f"{TRASH}{run_id}"
    moved = False
    try:
        with db.write() as write:
            record = _load(write, run_id)
            if record.state not in ENDED and record.state is not RunState.QUEUED:
                raise Conflict(message("run_active", state=record.state.value))
            if trash.exists():
                shutil.rmtree(trash)
            if folder.exists():
                os.rename(folder, trash)
                moved = True
            _delete_rows(write, record)
    except BaseException:
        if moved:
            os.rename(trash, folder)
        raise
    tidy()
    shutil.rmtree(trash, ignore_errors=True)


def finish_deletions(db: Database, logs_dir: Path) -> None:
    """Finish the deletions that a crash cut short after the run's folder was moved aside."""
    for trash in logs_dir.glob(f"{TRASH}*"):
        run_id = trash.name.removeprefix(TRASH)
        with db.write() as write:
            record = Record.load(write.sql, run_id)
            if record is not None and not (logs_dir / run_id).exists():
                _delete_rows(write, record)
        shutil.rmtree(trash, ignore_errors=True)


def _load(write: Write, run_id: str) -> Record:
    record = Record.load(write.sql, run_id)
    if record is None:
        raise run_not_found(run_id)
    return record


def _delete_rows(write: Write, record: Record) -> None:
    pk = record.pk
    write.sql.execute("INSERT INTO garbage SELECT pk FROM log WHERE run_pk = ?", (pk,))
    for table in (Event, Fault, Attempt, Log):
        write.session.execute(sql_delete(table).where(col(table.run_pk) == pk))
    write.session.execute(sql_delete(Run).where(col(Run.pk) == pk))
    write.session.add(Deletion(run_id=record.run.id, tick=write.tick))
    write.session.flush()
