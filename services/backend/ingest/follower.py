"""The follower: a thread that reads the run folders into the database as they change.

File notifications are only hints: some mounts never send them and busy ones drop some, so the folders are also polled
once a second.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from watchfiles import Change, watch

from services.backend.database.db import Database
from services.backend.errors import DiskFull, driver_error, is_disk_full
from services.backend.ingest.discovery import WHOLE, DueRuns, due_for, is_followed
from services.backend.ingest.read_ahead import ReadAhead
from services.backend.ingest.run_folders import RunFolders
from services.backend.ingest.schedule import Schedule, gap_s
from services.backend.metrics import segments
from trainer.contract.rundir import is_run_id

log = logging.getLogger("loradeck")

NOTIFICATION_STEP_MS = 3
"""How often file notifications are looked at: each time costs some CPU, even if nothing happens."""
TRANSACTION_S = 0.05
"""How long one transaction may take before it is committed and the rest waits for the next."""
WATCHED_TRANSACTION_S = 0.005
"""The same while live sockets wait for steps."""
RETRY_S = 1.0
TIDY_GAP_S = 0.005


class Follower:
    """The thread that reads, and the one that takes file notifications."""

    def __init__(self, db: Database, logs_dir: Path) -> None:
        self._db = db
        self._logs_dir = logs_dir
        self._ahead = ReadAhead()
        self._folders = RunFolders(logs_dir, self._ahead)
        self._schedule = Schedule()
        self._changed = threading.Condition()
        """Guards the schedule; notified when it has changed or the follower is to stop."""
        self._watched: Counter[str] = Counter()
        self._problems: dict[str, str] = {}
        """Sentences about what cannot be read now: by run id, or under "" about everything."""
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=work, name=work.__name__, daemon=True) for work in (self._follow, self._notify)
        ]

    @property
    def problems(self) -> list[str]:
        """Sentences, while something cannot be read."""
        return list(self._problems.values())

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop after the current transaction, and wait for that."""
        with self._changed:
            self._stopping.set()
            self._changed.notify()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def hint(self, run_id: str, name: str | None = None) -> None:
        """Note that a file of a run, or for None any, may have changed. From any thread."""
        with self._changed:
            due = WHOLE if name is None else due_for([name])
            if self._schedule.hint(run_id, due, run_id in self._watched):
                self._changed.notify()

    def tidy(self) -> None:
        """Have the points of a deleted run removed. From any thread."""
        with self._changed:
            self._schedule.request_tidy()
            self._changed.notify()

    @contextmanager
    def watching(self, run_ids: Iterable[str]) -> Iterator[None]:
        """Read these runs as soon as they change, for as long as the block lasts. In one thread."""
        run_ids = tuple(run_ids)
        self._watched.update(run_ids)
        try:
            yield
        finally:
            self._watched.subtract(run_ids)
            for run_id in run_ids:
                if not self._watched[run_id]:
                    del self._watched[run_id]

    def _notify(self) -> None:
        """Turn file notifications into hints."""
        while not self._stopping.is_set():
            with suppress(OSError):
                for changes in watch(
                    self._logs_dir,
                    watch_filter=self._is_relevant,
                    debounce=10,
                    step=NOTIFICATION_STEP_MS,
                    stop_event=self._stopping,
                    raise_interrupt=False,
                    ignore_permission_denied=True,
                ):
                    for _change, path in changes:
                        run_id, name = self._split(path)
                        self.hint(run_id, name or None)
            self._stopping.wait(RETRY_S)  # the folder was taken away, or inotify's watches ran out; polls go on

    def _is_relevant(self, change: Change, path: str) -> bool:
        run_id, name = self._split(path)
        return is_run_id(run_id) and (not name or is_followed(name))

    def _split(self, path: str) -> tuple[str, str]:
        """Split a path below the logs' folder into run id and file name."""
        run_id, _, name = path[len(str(self._logs_dir)) + 1 :].partition("/")
        return run_id, name

    def _follow(self) -> None:
        try:
            while self._wait_for_work():
                self._take_turn()
        finally:
            self._ahead.close()

    def _wait_for_work(self) -> bool:
        """Wait until there is something to do. Returns False once the follower is to stop."""
        with self._changed:
            while not self._stopping.is_set() and (wait_s := self._schedule.wait_s(time.monotonic())) > 0:
                self._changed.wait(wait_s)
            return not self._stopping.is_set()

    def _take_turn(self) -> None:
        began = time.monotonic()
        with self._changed:
            turn = self._schedule.begin(began)
        left, tidy = turn.runs, turn.tidy
        try:
            if turn.poll:
                self._schedule.polled(turn, self._folders.due(self._db, time.time(), turn.thorough))
            is_idle = not turn.runs
            left = self._read(turn.runs)
            if is_idle:
                self._ahead.close_if_idle()
            if is_idle and tidy:
                tidy = self._remove_garbage()
            self._problems.pop("", None)
        except Exception as error:
            self._report("", error)
            with self._changed:
                self._schedule.end(left, tidy)
                if not self._stopping.is_set():
                    self._changed.wait(RETRY_S)
            return
        with self._changed:
            self._schedule.end(left, tidy)
        if not is_idle:
            time.sleep(gap_s(began, time.monotonic(), bool(left)))

    def _read(self, runs: DueRuns) -> DueRuns:
        """Read these runs for a moment, the watched ones first. Returns what is left."""
        watched = {run_id: due for run_id, due in runs.items() if run_id in self._watched}
        others = {run_id: due for run_id, due in runs.items() if run_id not in watched}
        left = self._read_together(watched) if watched else {}
        return left | (self._read_together(others) if others else {})

    def _read_together(self, runs: DueRuns) -> DueRuns:
        """Read as many of these runs as fit into the time of one transaction. Returns what is left."""
        left = dict(runs)
        deadline = time.monotonic() + (WATCHED_TRANSACTION_S if self._watched else TRANSACTION_S)
        about: set[str] = set()
        try:
            with self._db.write() as write:
                write.about = about
                while left and time.monotonic() < deadline:
                    run_id = next(iter(left))
                    about.add(run_id)
                    if self._folders.read_on(write, run_id, left.pop(run_id)):
                        left[run_id] = WHOLE
        except Exception as error:
            if is_disk_full(error):
                raise
            return self._read_one_by_one(runs)
        for run_id in runs.keys() - left.keys():
            self._problems.pop(run_id, None)
        return left

    def _read_one_by_one(self, runs: DueRuns) -> DueRuns:
        """Read each of these runs in a transaction of its own, so that a bad one blocks no other. Returns what is
        left."""
        left: DueRuns = {}
        self._folders.forget()
        for run_id in runs:
            try:
                with self._db.write() as write:
                    write.about = {run_id}
                    if self._folders.read_on(write, run_id, WHOLE):
                        left[run_id] = WHOLE
                self._problems.pop(run_id, None)
            except Exception as error:
                if is_disk_full(error):
                    raise
                self._report(run_id, error)
        return left

    def _remove_garbage(self) -> bool:
        """Remove some of the points that deleted runs left. Returns whether there are more."""
        with self._db.write() as write:
            is_more = segments.purge(write)
        if is_more:
            self._db.give_back_space()
            time.sleep(TIDY_GAP_S)
        return is_more

    def _report(self, run_id: str, error: Exception) -> None:
        """Drop what the failed transaction left in memory, and keep a sentence about the error."""
        self._folders.forget()
        if is_disk_full(error):
            sentence = f"{DiskFull(error).body.message} New steps wait in the run folders until there is space."
        else:
            what = f"the folder of {run_id}" if run_id else "the run folders"
            cause = driver_error(error)
            sentence = f"Reading {what} failed ({type(cause).__name__}: {cause}); it is tried again each second."
        if self._problems.get(run_id) != sentence:
            log.error(sentence, exc_info=error)
        self._problems[run_id] = sentence
