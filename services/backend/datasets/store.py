"""The store of manifests: opens them, runs imports, follows scans, and keeps answers and grid indexes in memory."""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import select

from services.backend.database.db import Database
from services.backend.database.tables import Dataset
from services.backend.datasets.grid.index_cache import IndexCache
from services.backend.datasets.importing import importer, scan_results
from services.backend.datasets.importing.entries import Unreadable
from services.backend.datasets.manifest import manifest
from services.backend.datasets.manifest.manifest import Manifest
from services.backend.errors import Conflict, Invalid, LoradeckError, NotFound
from services.backend.tasks.queue import TaskQueue
from services.backend.tasks.schemas import TaskState
from trainer.contract.messages import message, sentence

UNFINISHED = (TaskState.QUEUED, TaskState.RUNNING)
T = TypeVar("T")
log = logging.getLogger("loradeck")

SCAN_POLL_S = 1.0
"""How often the facts of running scans are read."""
_CACHED_ANSWERS = 24
"""Answers that are kept until their data set changes."""


class Import:
    """One import, in a thread of its own. `problem` says why it failed."""

    def __init__(self) -> None:
        self.done = 0
        """Rows read so far."""
        self.problem: LoradeckError | None = None
        self.over = threading.Event()
        self.is_cancelled = False

    def progress(self, rows: int) -> None:
        """Report the rows read so far. Raises: importer.Cancelled."""
        self.done = rows
        if self.is_cancelled:
            raise importer.Cancelled


class Store:
    """The manifests under `state_dir`, and a thread that follows the scans that are running."""

    def __init__(self, db: Database, data_roots: Sequence[Path], state_dir: Path, tasks: TaskQueue) -> None:
        self.db = db
        self.data_roots = data_roots
        self.tasks = tasks
        self.indexes = IndexCache()
        self._folder = state_dir / "datasets"
        self._imports: dict[int, Import] = {}
        self._threads: list[threading.Thread] = []
        self._answers: dict[tuple[object, ...], object] = {}
        self._lock = threading.Lock()
        self._newest: list[int] = []
        """Data sets whose grid indexes are to be read in advance, the newest first."""
        self._followed: set[int] = set()
        self._changed = threading.Condition()
        self._is_stopping = False
        self._follower = threading.Thread(target=self._follow_scans, name="follow-scans", daemon=True)

    def start(self) -> None:
        """Resume what was cut short: imports that were not done, and scans whose facts were not all read."""
        with self.db.read() as session:
            rows = [(row.id or 0, row.base_path, row.metadata_path) for row in session.exec(select(Dataset))]
        for dataset_id, base, source in rows:
            if not self.path(dataset_id).exists():
                self.start_import(dataset_id, Path(base), Path(source))
                continue
            with suppress(LoradeckError, sqlite3.Error), manifest.opened(self.path(dataset_id)) as found:
                if scan_results.is_unfinished(found.sql):
                    self.follow_scan(dataset_id)
        self._newest = sorted((dataset_id for dataset_id, _, _ in rows), reverse=True)
        self._follower.start()

    def stop(self) -> None:
        """Cancel the imports, stop following scans, and wait for both."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        for running in self._imports.values():
            running.is_cancelled = True
        for thread in (self._follower, *self._threads):
            if thread.is_alive():
                thread.join()

    def path(self, dataset_id: int) -> Path:
        """Name the file of a data set's manifest, whether it is there or not."""
        return self._folder / f"{dataset_id}.db"

    def import_of(self, dataset_id: int) -> Import | None:
        """Return the newest import since this backend started."""
        return self._imports.get(dataset_id)

    def start_import(self, dataset_id: int, base: Path, source: Path) -> Import:
        """Import in the background. Raises: Conflict while an import is running."""
        with self._lock:
            running = self._imports.get(dataset_id)
            if running is not None and not running.over.is_set():
                raise Conflict(message("dataset_importing"))
            mine = self._imports[dataset_id] = Import()
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            thread = threading.Thread(target=self._import, args=(dataset_id, base, source, mine), daemon=True)
            self._threads.append(thread)
            thread.start()
        return mine

    def delete(self, dataset_id: int) -> None:
        """Cancel a data set's import and delete its manifest."""
        running = self._imports.get(dataset_id)
        if running is not None:
            running.is_cancelled = True
            running.over.wait()
            del self._imports[dataset_id]
        with self._changed:
            self._followed.discard(dataset_id)
        self.indexes.drop(dataset_id)
        manifest.remove(self.path(dataset_id))

    def follow_scan(self, dataset_id: int) -> None:
        """Take the facts of a data set's scan into the manifest from now on, until the scan is over."""
        with self._changed:
            self._followed.add(dataset_id)
            self._changed.notify()

    @contextmanager
    def open(self, dataset_id: int) -> Iterator[Manifest]:
        """Open a manifest for as long as the block lasts. Raises: NotFound, Conflict."""
        with self.db.read() as session:
            if session.get(Dataset, dataset_id) is None:
                raise dataset_not_found(dataset_id)
        path = self.path(dataset_id)
        if not path.exists():
            running = self._imports.get(dataset_id)
            if running is not None and running.problem is not None:
                raise Conflict(running.problem.said)
            if running is None or running.over.is_set():
                raise manifest.missing(path)
            raise Conflict(message("dataset_importing.first"))
        with manifest.opened(path) as found:
            yield found
            self._update_index(dataset_id, found)

    def cached(self, sql: sqlite3.Connection, key: tuple[object, ...], compute: Callable[[], T]) -> T:
        """Return what `compute` gives, computed once until the manifest's next change. Call it in a transaction, so
        that key and answer are of one state."""
        key = (manifest.version(sql), *key)
        with self._lock:
            if key in self._answers:
                answer = self._answers[key] = self._answers.pop(key)  # now the newest
                return answer  # type: ignore[return-value]
        answer = compute()
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > _CACHED_ANSWERS:
                del self._answers[next(iter(self._answers))]
        return answer

    def _update_index(self, dataset_id: int, changed: Manifest) -> None:
        """Update the grid index after a change, so that the writer waits for it and not the next reader."""
        if changed.has_written and dataset_id in self.indexes:
            with changed.read() as sql:
                self.indexes.get(dataset_id, sql)

    def _import(self, dataset_id: int, base: Path, source: Path, mine: Import) -> None:
        path = self.path(dataset_id)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            count = importer.import_source(path, source, base, self.data_roots, mine.progress)
            with self.db.write() as write:
                row = write.session.get(Dataset, dataset_id)
                if row is not None:
                    row.rows = count
                    write.session.add(row)
            with manifest.opened(path) as found, found.read() as sql:
                self.indexes.get(dataset_id, sql)
        except importer.Cancelled:
            pass
        except Exception as error:
            mine.problem = _problem(source, error)
        finally:
            mine.over.set()

    def _follow_scans(self) -> None:
        self._warm_up()
        while True:
            with self._changed:
                while not self._followed and not self._is_stopping:
                    self._changed.wait()
                if self._is_stopping:
                    return
                followed = list(self._followed)
            for dataset_id in followed:
                if not self._read_facts(dataset_id):
                    with self._changed:
                        self._followed.discard(dataset_id)
            with self._changed:
                if not self._is_stopping:
                    self._changed.wait(SCAN_POLL_S)

    def _warm_up(self) -> None:
        """Read the grid indexes of the newest data sets, so that their first page does not wait for that."""
        for dataset_id in self._newest:
            if self._is_stopping or not self.indexes.has_room:
                return
            ignored = suppress(LoradeckError, SQLAlchemyError, sqlite3.Error)  # reported to whoever opens it
            with ignored, self.open(dataset_id) as found, found.read() as sql:
                self.indexes.get(dataset_id, sql)

    def _read_facts(self, dataset_id: int) -> bool:
        """Take a scan's new facts into its manifest. Returns whether there may be more later."""
        try:
            if not self.path(dataset_id).exists():
                return False
            with manifest.opened(self.path(dataset_id)) as found:
                task_id = manifest.get(found.sql, "scan", {}).get("task_id", "")
                # Looked up before the facts are read: if it is over, they are all there.
                is_over = self.tasks.read(task_id).state not in UNFINISHED
                scan_results.read_on(found, self.tasks.folder(task_id), is_over)
                self._update_index(dataset_id, found)
            return not is_over
        except NotFound:
            return False
        except (LoradeckError, SQLAlchemyError, sqlite3.Error, OSError) as error:
            log.error(sentence("scan.facts_unreadable", dataset_id=dataset_id, error=error))
            return True


def dataset_not_found(dataset_id: int) -> NotFound:
    return NotFound(message("dataset_not_found", dataset_id=dataset_id))


def _problem(source: Path, error: Exception) -> LoradeckError:
    if isinstance(error, Unreadable):
        return Invalid(replace(error.said, message=str(error), hint=sentence("import.again")), "metadata_path")
    if isinstance(error, LoradeckError):
        return error
    log.error(sentence("import_failed.log", source=source), exc_info=error)
    if isinstance(error, OSError):
        said = message("metadata_unreadable.system", path=error.filename or source, reason=error.strerror)
        return Invalid(said, "metadata_path")
    return Invalid(message("import_failed", source=source, error=error))
