"""Run folders into the database: finds them, reads their logs on, and takes the facts that lie in their small files."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from sqlalchemy import update as sql_update
from sqlmodel import col

from services.backend.database.db import Database, Write
from services.backend.database.tables import Attempt, Log, Run
from services.backend.ingest.bulk import Bulk
from services.backend.ingest.events_to_rows import ingest, may_be_bulk, note_faults, position_of
from services.backend.ingest.read_ahead import ReadAhead
from services.backend.ingest.tail import Block, Fault, follow
from services.backend.runs.artifacts import last_words
from services.backend.runs.record import Record, run_tick
from services.backend.runs.schemas import RunState, Wanted
from services.backend.runs.states import ENDED, SILENT_S
from services.backend.scheduling.requeue import comes_back
from trainer.contract.rank_failures import failure_of_others
from trainer.contract.rundir import Exit, LogName, RunDir, State, StopRequest, is_run_id, parse_log_name

T = TypeVar("T", State, Exit, StopRequest)

MAX_ATTEMPT = 999_999

FACT_FILES = frozenset({"config.json", "state.json", "exit.json", "stop.request"})

Signature = tuple[int, int, int]
"""Inode, size and time of change of a file: while they stay, it is not read again."""


def is_followed(name: str) -> bool:
    """Whether a file of this name in a run folder is any of the reader's business."""
    return name in FACT_FILES or parse_log_name(name) is not None


class Folders:
    """All run folders under `logs_dir`. For one thread; it keeps records between the transactions that it is given."""

    def __init__(self, logs_dir: Path, ahead: ReadAhead | None = None) -> None:
        self._logs_dir = logs_dir
        self._ahead = ahead
        self._records: dict[str, Record] = {}
        self._seen: dict[str, dict[str, Signature]] = {}

    def forget(self) -> None:
        """Drop everything kept in memory, as must be done when a transaction failed."""
        self._records.clear()
        self._seen.clear()

    def due(self, db: Database, now: float, thorough: bool) -> dict[str, set[str] | None]:
        """The runs to be read on in: those of which a file has changed, whose folder went or came, or that fell silent.
        With each the files that have changed, or None for all.

        The files of runs that have ended are looked at only where `thorough`.
        """
        present = self._present()
        for gone in self._seen.keys() - present:
            del self._seen[gone]
        with db.read() as session:
            query = "SELECT id, folder_missing, state, last_event_at FROM run"
            known = {run_id: facts for run_id, *facts in session.connection().exec_driver_sql(query)}
        due: dict[str, set[str] | None] = {
            run_id: None for run_id, (missing, _, _) in known.items() if (run_id in present) == bool(missing)
        }
        for run_id, (_, state, last_event_at) in known.items():
            silent = last_event_at is not None and now - last_event_at >= SILENT_S
            if silent and state not in ENDED and not self._has_shim(run_id):
                due[run_id] = None
        for run_id in present - due.keys():
            seen = self._seen.get(run_id)
            ended = seen is not None and run_id in known and known[run_id][1] in ENDED
            if ended and not thorough:
                continue
            found = _signatures(self._logs_dir / run_id)
            if seen is None or run_id not in known or seen.keys() != found.keys():
                if seen != found:
                    due[run_id] = None
            elif changed := {name for name, signature in found.items() if signature != seen[name]}:
                due[run_id] = changed
        return due

    def take(self, write: Write, run_id: str, names: set[str] | None) -> bool:
        """Read on in one folder, one block a log: only in the logs called `names`, or in all. Whether there is more."""
        folder = RunDir(self._logs_dir / run_id)
        if names is None or run_id not in self._records or any(name in FACT_FILES for name in names):
            names = None
        signatures = _signatures(folder.path, names)
        record = self._load(write, folder, signatures)
        if record is None:
            self._seen[run_id] = signatures
            return False
        exit = self._read_fact(write, record, "exit.json", Exit) if names is None else None
        changed, more = self._read_logs(write, record, folder.path, signatures, names)
        if names is None:
            changed = self._read_facts(write, record, folder) or changed
            if exit is not None and not more:
                changed = self._take_exit(write, record, folder, exit) or changed
            changed = self._close_torn(write, record) or changed
            changed = self._take_config(write, record, folder) or changed
            before = record.run.folder_missing, record.run.state
            record.run.folder_missing = not folder.path.is_dir()
            record.judge(time.time())
            changed = changed or before != (record.run.folder_missing, record.run.state)
        if changed:
            record.save(write, time.time())
        if more:
            self._seen.pop(run_id, None)
        elif names is None:
            self._seen[run_id] = signatures
        else:
            kept = self._seen.setdefault(run_id, {})
            kept.update((name, signatures[name]) for name in names if name in signatures)
        return more

    def _present(self) -> set[str]:
        """The ids of all folders that may be runs'."""
        try:
            with os.scandir(self._logs_dir) as entries:
                return {entry.name for entry in entries if is_run_id(entry.name) and entry.is_dir()}
        except FileNotFoundError:
            return set()

    def _load(self, write: Write, folder: RunDir, signatures: dict[str, Signature]) -> Record | None:
        """The run's record; found folders get one as soon as they hold a config or a log."""
        record = self._records.get(folder.run_id)
        tick = run_tick(write.sql, folder.run_id)
        if record is not None and record.run.tick == tick:
            return record
        self._records.pop(folder.run_id, None)
        record = Record.load(write.sql, folder.run_id)
        if record is None and (signatures.keys() - FACT_FILES or "config.json" in signatures):
            record = Record.new(write, _found_run(folder))
            record.save(write, time.time())
        if record is not None:
            self._records[folder.run_id] = record
        return record

    def _read_logs(
        self, write: Write, record: Record, folder: Path, signatures: dict[str, Signature], names: set[str] | None
    ) -> tuple[bool, bool]:
        """Whether the run's row has changed, and whether there is more to read. Attempts are read in their order."""
        found = [(parse_log_name(name), name) for name in signatures if names is None or name in names]
        logs = sorted(((log, name) for log, name in found if log is not None), key=_reading_order)
        changed, more, unfinished = False, False, 0
        for which, name in logs:
            if unfinished and which.attempt > unfinished:
                break
            known = record.run.attempt
            log = record.log(write, name, which.attempt, which.rank)
            changed = changed or record.run.attempt != known
            if log.closed:
                continue
            try:
                block = follow(folder / name, position_of(log), log.log_id)
            except OSError as error:
                unreadable = Fault(log.offset, "unreadable", f"It cannot be read: {error.strerror}.")
                changed = self._note(write, record, name, unreadable) or changed
                continue
            if block is None:
                continue
            if block.data or block.faults or block.position != position_of(log):
                ready = self._fetch(folder / name, log, block, signatures[name][1])
                changed = ingest(write, record, log, block, ready) or changed
            if block.more and not log.closed:
                more, unfinished = True, which.attempt
        return changed, more

    def _fetch(self, path: Path, log: Log, block: Block, size: int) -> Bulk | None:
        """`block`, where a process that reads ahead has prepared it; it is told to go on behind it."""
        if self._ahead is None or not may_be_bulk(log):
            return None
        if block.more:
            self._ahead.ask(path, block.position.offset, size)
        return self._ahead.fetch(path, block)

    def _read_facts(self, write: Write, record: Record, folder: RunDir) -> bool:
        changed = False
        state = self._read_fact(write, record, "state.json", State)
        if state is not None:
            attempt = record.attempt(write, state.attempt)
            if not attempt.has_shim:
                attempt.has_shim, changed = True, True
                attempt.started_at = attempt.started_at or state.started_at
                record.run.host = state.host
        stop = self._read_fact(write, record, "stop.request", StopRequest)
        if stop is not None and stop.attempt in record.attempts:
            attempt = record.attempts[stop.attempt]
            changed = changed or not attempt.stop_requested
            attempt.stop_requested = True
        return changed

    def _take_exit(self, write: Write, record: Record, folder: RunDir, exit: Exit) -> bool:
        attempt = record.attempt(write, exit.attempt)
        facts: dict[str, Any] = msgspec.to_builtins(exit)
        if attempt.exit == facts:
            return False
        is_news, attempt.exit = attempt.exit is None, facts
        if is_news and comes_back(write, record, attempt):
            record.run.queued_at, record.run.phase = time.time(), None
        if attempt.end_reason is None and exit.how == "exited":
            if (theirs := failure_of_others(folder, exit.attempt)) is not None:
                attempt.end_reason, attempt.end_code, attempt.end_message = "failed", theirs.code, theirs.message
            attempt.last_words = last_words(folder.text_log(exit.attempt))
        return True

    def _take_config(self, write: Write, record: Record, folder: RunDir) -> bool:
        """For a folder that was copied in: its config may have come after its logs."""
        if record.run.config or not (config := _read_config(folder)):
            return False
        name, model = _named(config, folder.run_id)
        write.session.execute(
            sql_update(Run).where(col(Run.pk) == record.pk).values(config=config, name=name, model=model)
        )
        record.run.config, record.run.name, record.run.model = config, name, model
        return True

    def _close_torn(self, write: Write, record: Record) -> bool:
        """Set aside the unfinished last lines of attempts that are over: nobody will finish them."""
        changed = False
        for log in record.logs.values():
            attempt = record.attempts[log.attempt]
            if log.closed or not self._is_over(record, attempt):
                continue
            try:
                size = os.stat(self._logs_dir / record.run.id / log.name).st_size
            except OSError:
                continue
            if size > log.offset:
                block = follow(self._logs_dir / record.run.id / log.name, position_of(log), log.log_id)
                if block is None or block.data or block.more or block.faults or not (block.torn or log.skipping):
                    continue
                reason = f"The last line was never finished: {block.torn} bytes of it were set aside."
                changed = self._note(write, record, log.name, Fault(log.offset, "torn", reason)) or changed
                log.closed = True
                changed = ingest(write, record, log, block) or changed
        return changed

    def _is_over(self, record: Record, attempt: Attempt) -> bool:
        if attempt.exit is not None or attempt.attempt < record.run.attempt:
            return True
        return attempt.end_reason is not None and not record.has_shim(attempt) and attempt.claimed_by is None

    def _has_shim(self, run_id: str) -> bool:
        record = self._records.get(run_id)
        newest = record.newest if record else None
        return record is not None and newest is not None and record.has_shim(newest)

    def _read_fact(self, write: Write, record: Record, name: str, kind: type[T]) -> T | None:
        """One small file of the folder; a malformed one is set aside like a bad line."""
        try:
            fact = msgspec.json.decode((self._logs_dir / record.run.id / name).read_bytes(), type=kind)
            if not 1 <= fact.attempt <= MAX_ATTEMPT:
                raise ValueError(f"there is no attempt {fact.attempt}")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, RecursionError) as error:
            self._note(write, record, name, Fault(0, "unreadable", f"It cannot be read: {error}."))
            return None
        return fact

    def _note(self, write: Write, record: Record, name: str, fault: Fault) -> bool:
        if not note_faults(write, record, name, [fault]):
            return False
        record.count_warnings(write)
        return True


def _signatures(folder: Path, names: set[str] | None = None) -> dict[str, Signature]:
    """The files of `folder` that are followed, by name; only `names` of them if given."""
    found = {}
    for name in names or ():
        with suppress(OSError):
            status = os.stat(f"{folder}/{name}")
            found[name] = (status.st_ino, status.st_size, status.st_mtime_ns)
    if names is not None:
        return found
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if is_followed(entry.name):
                    try:
                        status = entry.stat()
                    except OSError:
                        continue
                    found[entry.name] = (status.st_ino, status.st_size, status.st_mtime_ns)
    except OSError:
        return {}
    return found


def _reading_order(log: tuple[LogName, str]) -> tuple[int, bool, int]:
    """By attempt; within one, rank 0 first, for it says most."""
    return log[0].attempt, log[0].rank != 0, log[0].rank


def _found_run(folder: RunDir) -> Run:
    """The row of a run that was not made here: it is not queued, whatever its config says."""
    config = _read_config(folder)
    name, model = _named(config, folder.run_id)
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


def _read_config(folder: RunDir) -> dict[str, Any]:
    """What `config.json` holds, right or not; empty where that is no JSON object."""
    try:
        return msgspec.json.decode(folder.config.read_bytes(), type=dict[str, Any])
    except (OSError, ValueError, RecursionError):
        return {}


def _named(config: dict[str, Any], run_id: str) -> tuple[str, str]:
    return str(config.get("name", run_id))[:200], str(config.get("model", ""))[:200]
