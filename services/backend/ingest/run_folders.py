"""Run folders into the database: reads on in their logs, and takes the facts of their small files."""

import os
import time
from pathlib import Path

from services.backend.database.db import Database, Write
from services.backend.database.tables import Attempt, Log
from services.backend.ingest import bulk, fact_files
from services.backend.ingest.bulk import Bulk, BulkReader
from services.backend.ingest.discovery import FACT_FILES, WHOLE, Discovery, Due, DueRuns, Signatures
from services.backend.ingest.events_to_rows import ingest, may_be_bulk, position_of
from services.backend.ingest.faults import report_fault
from services.backend.ingest.read_ahead import ReadAhead
from services.backend.ingest.tail import Block, Fault, read_block
from services.backend.runs.record import Record, run_tick
from trainer.contract.messages import message
from trainer.contract.rundir import LogName, RunDir, parse_log_name


class RunFolders:
    """All run folders under `logs_dir`. For one thread; it keeps records between the transactions that it is given."""

    def __init__(self, logs_dir: Path, ahead: ReadAhead | None = None) -> None:
        self._logs_dir = logs_dir
        self._ahead = ahead
        self._discovery = Discovery(logs_dir)
        self._records: dict[str, Record] = {}
        self._readers: dict[str, dict[str, BulkReader]] = {}
        """By run id and log."""

    def forget(self) -> None:
        """Drop everything kept in memory, as is needed after a transaction has failed."""
        self._records.clear()
        self._readers.clear()
        self._discovery.forget_all()

    def due(self, db: Database, now: float, thorough: bool) -> DueRuns:
        """Find the runs to be read, as `Discovery.due` does."""
        return self._discovery.due(db, now, thorough, self._has_shim)

    def read_on(self, write: Write, run_id: str, due: Due = WHOLE) -> bool:
        """Read on in one run folder, one block a log. Returns whether there is more to read."""
        folder = RunDir(self._logs_dir / run_id)
        if due.is_whole or run_id not in self._records:
            return self._read_whole(write, folder)
        return self._read_only_logs(write, folder, due.logs)

    def _read_only_logs(self, write: Write, folder: RunDir, names: frozenset[str]) -> bool:
        signatures = self._discovery.look(folder.run_id, names)
        record = self._load(write, folder, signatures)
        if record is None:
            self._discovery.mark_folder_read(folder.run_id, signatures)
            return False
        changed, more = self._read_logs(write, record, folder.path, signatures)
        if changed:
            record.save(write, time.time())
        if more:
            self._discovery.forget(folder.run_id)
        else:
            self._discovery.mark_logs_read(folder.run_id, signatures)
        return more

    def _read_whole(self, write: Write, folder: RunDir) -> bool:
        signatures = self._discovery.look(folder.run_id)
        record = self._load(write, folder, signatures)
        if record is None:
            self._discovery.mark_folder_read(folder.run_id, signatures)
            return False
        # Read before the logs: once it is there, they are complete.
        exit = fact_files.read_exit(write, record, folder)
        changed, more = self._read_logs(write, record, folder.path, signatures)
        changed = fact_files.take_state(write, record, folder) or changed
        changed = fact_files.take_stop_request(write, record, folder) or changed
        if exit is not None and not more:
            changed = fact_files.take_exit(write, record, folder, exit) or changed
        changed = self._close_torn(write, record) or changed
        changed = fact_files.take_config(write, record, folder) or changed
        before = record.run.folder_missing, record.run.state
        record.run.folder_missing = not folder.path.is_dir()
        record.derive_state(time.time())
        if changed or before != (record.run.folder_missing, record.run.state):
            record.save(write, time.time())
        if more:
            self._discovery.forget(folder.run_id)
        else:
            self._discovery.mark_folder_read(folder.run_id, signatures)
        return more

    def _load(self, write: Write, folder: RunDir, signatures: Signatures) -> Record | None:
        """Return the run's record; a folder that was found gets one as soon as it holds a config or a log."""
        record = self._records.get(folder.run_id)
        tick = run_tick(write.sql, folder.run_id)
        if record is not None and record.run.tick == tick:
            return record
        self._records.pop(folder.run_id, None)
        self._readers.pop(folder.run_id, None)
        record = Record.load(write.sql, folder.run_id)
        if record is None and (signatures.keys() - FACT_FILES or "config.json" in signatures):
            record = Record.new(write, fact_files.found_run(folder))
            record.save(write, time.time())
        if record is not None:
            self._records[folder.run_id] = record
        return record

    def _read_logs(self, write: Write, record: Record, folder: Path, signatures: Signatures) -> tuple[bool, bool]:
        """Read a block of each log, attempt by attempt. Returns whether the run's row has changed, and whether there is
        more to read."""
        found = [(parse_log_name(name), name) for name in signatures]
        logs = sorted(((log, name) for log, name in found if log is not None), key=_reading_order)
        changed, more, unfinished = False, False, 0
        for which, name in logs:
            if unfinished and which.attempt > unfinished:
                break
            newest = record.run.attempt
            log = record.log(write, name, which.attempt, which.rank)
            changed = changed or record.run.attempt != newest
            if log.closed:
                continue
            try:
                block = read_block(folder / name, position_of(log), log.log_id)
            except OSError as error:
                fault = Fault.of(log.offset, message("unreadable.file", reason=error.strerror))
                changed = report_fault(write, record, name, fault) or changed
                continue
            if block is None:
                continue
            if block.data or block.faults or block.position != position_of(log):
                columns = self._read_in_bulk(record.run.id, folder / name, log, block, signatures[name][1])
                changed = ingest(write, record, log, block, columns) or changed
            if block.more and not log.closed:
                more, unfinished = True, which.attempt
        return changed, more

    def _read_in_bulk(self, run_id: str, path: Path, log: Log, block: Block, size: int) -> Bulk | None:
        """Read a long block into columns, here or in a process that reads ahead; None if it must be read line by
        line."""
        if len(block.data) < bulk.MIN_BYTES or not may_be_bulk(log):
            return None
        found = None
        if self._ahead is not None:
            if block.more:
                self._ahead.request(path, block.position.offset, size)
            found = self._ahead.fetch(path, block)
        if found is None and not block.restarted:
            found = self._readers.setdefault(run_id, {}).setdefault(log.name, BulkReader()).read(block)
        return found

    def _close_torn(self, write: Write, record: Record) -> bool:
        """Set aside the unfinished last lines of attempts that are over: nobody will finish them."""
        changed = False
        for log in record.logs.values():
            path = self._logs_dir / record.run.id / log.name
            if log.closed or not _is_over(record, record.attempts[log.attempt]):
                continue
            try:
                size = os.stat(path).st_size
            except OSError:
                continue
            if size > log.offset:
                block = read_block(path, position_of(log), log.log_id)
                if block is None or block.data or block.more or block.faults or not (block.torn or log.skipping):
                    continue
                fault = Fault.of(log.offset, message("torn", bytes=block.torn))
                changed = report_fault(write, record, log.name, fault) or changed
                log.closed = True
                changed = ingest(write, record, log, block) or changed
        return changed

    def _has_shim(self, run_id: str) -> bool:
        record = self._records.get(run_id)
        newest = record.newest if record else None
        return record is not None and newest is not None and record.has_shim(newest)


def _is_over(record: Record, attempt: Attempt) -> bool:
    if attempt.exit is not None or attempt.attempt < record.run.attempt:
        return True
    return attempt.end_reason is not None and not record.has_shim(attempt) and attempt.claimed_by is None


def _reading_order(log: tuple[LogName, str]) -> tuple[int, bool, int]:
    """Sort by attempt; within one, rank 0 first, since its log says most."""
    return log[0].attempt, log[0].rank != 0, log[0].rank
