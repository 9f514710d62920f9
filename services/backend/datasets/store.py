"""All manifests of a backend: where they lie, which are being imported, and what follows their scans."""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import select

from services.backend.database.tables import Dataset
from services.backend.datasets.grid.index_cache import Sheets
from services.backend.datasets.importing import importer, scan_results
from services.backend.datasets.importing.formats import Unreadable
from services.backend.datasets.manifest import manifest
from services.backend.datasets.manifest.manifest import Manifest
from services.backend.errors import Conflict, Invalid, LoradeckError, NotFound
from services.backend.schemas import ErrorBody, TaskState
from services.backend.tasks import queue

if TYPE_CHECKING:
    from services.backend.runtime import Deck

GOING = (TaskState.QUEUED, TaskState.RUNNING)
T = TypeVar("T")
log = logging.getLogger("loradeck")

POLL_S = 1.0
"""How often running scans are asked what they have found."""
_KEPT = 24
"""Answers that are remembered until their data set changes."""


class Import:
    """One import, in a thread of its own. `problem` says why it failed."""

    def __init__(self) -> None:
        self.done = 0
        self.problem: ErrorBody | None = None
        self.over = threading.Event()
        self.is_cancelled = False

    def progress(self, rows: int) -> None:
        """Raises: importing.Cancelled."""
        self.done = rows
        if self.is_cancelled:
            raise importer.Cancelled


class Shelf:
    """Opens manifests, and keeps a thread for the scans that go on."""

    def __init__(self, deck: "Deck") -> None:
        self._deck = deck
        self._folder = deck.settings.state_dir / "datasets"
        self._imports: dict[int, Import] = {}
        self._threads: list[threading.Thread] = []
        self._answers: dict[tuple[object, ...], object] = {}
        self._lock = threading.Lock()
        self.sheets = Sheets()
        self._newest: list[int] = []
        """Data sets whose sheets are to be read ahead, the newest first."""
        self._followed: set[int] = set()
        self._changed = threading.Condition()
        self._is_stopping = False
        self._follower = threading.Thread(target=self._follow, name="follow-scans", daemon=True)

    def start(self) -> None:
        """Go on with what was cut short: imports that were not done, scans that nobody has read to their end."""
        with self._deck.db.read() as session:
            rows = [(row.id or 0, row.base_path, row.metadata_path) for row in session.exec(select(Dataset))]
        for dataset_id, base, source in rows:
            if not self.path(dataset_id).exists():
                self.take_in(dataset_id, Path(base), Path(source))
                continue
            with suppress(LoradeckError, sqlite3.Error), manifest.opened(self.path(dataset_id)) as found:
                if scan_results.is_going(found.sql):
                    self.follow(dataset_id)
        self._newest = sorted((dataset_id for dataset_id, _, _ in rows), reverse=True)
        self._follower.start()

    def stop(self) -> None:
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        for running in self._imports.values():
            running.is_cancelled = True
        for thread in (self._follower, *self._threads):
            if thread.is_alive():
                thread.join()

    def path(self, dataset_id: int) -> Path:
        return self._folder / f"{dataset_id}.db"

    def import_of(self, dataset_id: int) -> Import | None:
        """The newest import since this backend began."""
        return self._imports.get(dataset_id)

    def take_in(self, dataset_id: int, base: Path, source: Path) -> Import:
        """Import in the background. Raises: Conflict while one goes on."""
        with self._lock:
            running = self._imports.get(dataset_id)
            if running is not None and not running.over.is_set():
                hint = "Wait for it; its data set says how far it is."
                raise Conflict("dataset_importing", "The data set is being imported.", hint)
            mine = self._imports[dataset_id] = Import()
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            thread = threading.Thread(target=self._import, args=(dataset_id, base, source, mine), daemon=True)
            self._threads.append(thread)
            thread.start()
        return mine

    def forget(self, dataset_id: int) -> None:
        """Delete a data set's manifest, and end its import."""
        running = self._imports.get(dataset_id)
        if running is not None:
            running.is_cancelled = True
            running.over.wait()
            del self._imports[dataset_id]
        with self._changed:
            self._followed.discard(dataset_id)
        self.sheets.forget(dataset_id)
        manifest.remove(self.path(dataset_id))

    def follow(self, dataset_id: int) -> None:
        """Take what its scan finds into the manifest from now on, until it is over."""
        with self._changed:
            self._followed.add(dataset_id)
            self._changed.notify()

    @contextmanager
    def open(self, dataset_id: int) -> Iterator[Manifest]:
        """Raises: NotFound, Conflict."""
        with self._deck.db.read() as session:
            if session.get(Dataset, dataset_id) is None:
                raise dataset_not_found(dataset_id)
        path = self.path(dataset_id)
        if not path.exists():
            running = self._imports.get(dataset_id)
            if running is not None and running.problem is not None:
                problem = running.problem
                raise Conflict(problem.code, problem.message, problem.hint)
            if running is None or running.over.is_set():
                raise manifest.missing(path)
            hint = "Wait for it; its data set says how far it is."
            raise Conflict("dataset_importing", "The data set is being imported for the first time.", hint)
        with manifest.opened(path) as found:
            yield found
            self._keep_up(dataset_id, found)

    def remembered(self, sql: sqlite3.Connection, what: tuple[object, ...], ask: Callable[[], T]) -> T:
        """What `ask` answers, asked once until the next change. In a transaction, so that it is of one state."""
        key = (manifest.version(sql), *what)
        with self._lock:
            if key in self._answers:
                answer = self._answers[key] = self._answers.pop(key)  # now the newest
                return answer  # type: ignore[return-value]
        answer = ask()
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > _KEPT:
                del self._answers[next(iter(self._answers))]
        return answer

    def _keep_up(self, dataset_id: int, changed: Manifest) -> None:
        """Who changed something, and not who looks next, waits for the sheet to follow."""
        if changed.has_written and dataset_id in self.sheets:
            with changed.read() as sql:
                self.sheets.of(dataset_id, sql)

    def _import(self, dataset_id: int, base: Path, source: Path, mine: Import) -> None:
        path = self.path(dataset_id)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            count = importer.make(path, source, base, self._deck.settings.data_roots, mine.progress)
            with self._deck.db.write() as write:
                row = write.session.get(Dataset, dataset_id)
                if row is not None:
                    row.rows = count
                    write.session.add(row)
            with manifest.opened(path) as found, found.read() as sql:
                self.sheets.of(dataset_id, sql)
        except importer.Cancelled:
            pass
        except Exception as error:
            mine.problem = _problem(source, error)
        finally:
            mine.over.set()

    def _follow(self) -> None:
        self._warm_up()
        while True:
            with self._changed:
                while not self._followed and not self._is_stopping:
                    self._changed.wait()
                if self._is_stopping:
                    return
                followed = list(self._followed)
            for dataset_id in followed:
                if not self._read_on(dataset_id):
                    with self._changed:
                        self._followed.discard(dataset_id)
            with self._changed:
                if not self._is_stopping:
                    self._changed.wait(POLL_S)

    def _warm_up(self) -> None:
        """Read the sheets of the newest data sets, so that the first look at one need not wait for that."""
        for dataset_id in self._newest:
            if self._is_stopping or not self.sheets.has_room:
                return
            ignored = suppress(LoradeckError, SQLAlchemyError, sqlite3.Error)  # whoever asks for it is told
            with ignored, self.open(dataset_id) as found, found.read() as sql:
                self.sheets.of(dataset_id, sql)

    def _read_on(self, dataset_id: int) -> bool:
        """Whether there may be more to read later."""
        try:
            if not self.path(dataset_id).exists():
                return False
            with manifest.opened(self.path(dataset_id)) as found:
                task_id = manifest.get(found.sql, "scan", {}).get("task_id", "")
                is_over = (
                    queue.read(self._deck, task_id).state not in GOING
                )  # asked first: then its facts are all there
                scan_results.read_on(found, queue.folder_of(self._deck, task_id), is_over)
                self._keep_up(dataset_id, found)
            return not is_over
        except NotFound:
            return False
        except (LoradeckError, SQLAlchemyError, sqlite3.Error, OSError) as error:
            log.error(f"What the scan of data set {dataset_id} found cannot be read now: {error}")
            return True


def dataset_not_found(dataset_id: int) -> NotFound:
    return NotFound("dataset_not_found", f"There is no data set {dataset_id}.", "GET /api/datasets lists them.")


def _problem(source: Path, error: Exception) -> ErrorBody:
    if isinstance(error, Unreadable):
        hint = "Then import it again."
        return Invalid(error.code, str(error), hint, "metadata_path").body
    if isinstance(error, LoradeckError):
        return error.body
    log.error(f"{source} was not imported.", exc_info=error)
    if isinstance(error, OSError):
        message = f"{error.filename or source} cannot be read: {error.strerror}."
        return Invalid("metadata_unreadable", message, "Check that it is there and readable.", "metadata_path").body
    return Invalid("import_failed", f"{source} was not imported: {error}.", "Free some space if the disk is full.").body
