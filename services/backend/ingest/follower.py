"""Follows the run folders: a thread that reads on whenever the file system reports a change, and each second anyway.

The file system's word is only a hint: some mounts never give it, and a busy one loses some.
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
from services.backend.ingest.read_ahead import ReadAhead
from services.backend.ingest.run_folders import Folders, is_followed
from services.backend.metrics import segments
from trainer.contract.rundir import is_run_id

log = logging.getLogger("loradeck")

POLL_S = 1.0
THOROUGH_POLLS = 10
"""Each so many polls the files of ended runs are looked at too: someone may have resumed one by hand."""
STEP_MS = 3
"""How often what the file system reported is looked at: each time costs some CPU, also where nothing happens."""
PACE_S = 0.005
"""Between two commits while runs are being written: what a step may wait for, and what keeps commits few."""
OTHERS_PACE_S = 0.25
"""The same for runs that no live socket has asked for: only lists show them."""
PASS_S = 0.05
"""How long one transaction may take before it is committed and the rest waits for the next."""
WATCHED_PASS_S = 0.005
"""The same while live sockets wait for steps of theirs."""
RETRY_S = 1.0

Hints = dict[str, set[str] | None]
"""Run ids with the files that changed; None for all."""


class Follower:
    """The thread that reads, and the one that tells it where to look."""

    def __init__(self, db: Database, logs_dir: Path) -> None:
        self._trouble: dict[str, str] = {}
        """Sentences about what cannot be read now: by run id, or under "" about everything."""
        self._db = db
        self._logs_dir = logs_dir
        self._ahead = ReadAhead()
        self._folders = Folders(logs_dir, self._ahead)
        self._hints: Hints = {}
        self._later: Hints = {}
        """Of runs that no live socket has asked for."""
        self._hinted = threading.Condition()
        self._watched: Counter[str] = Counter()
        self._is_untidy = False
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=work, name=work.__name__, daemon=True) for work in (self._follow, self._watch)
        ]

    @property
    def problems(self) -> list[str]:
        """Sentences, while there is something that cannot be read."""
        return list(self._trouble.values())

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop after the transaction in hand, and wait for that."""
        with self._hinted:
            self._stopping.set()
            self._hinted.notify()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def hint(self, run_id: str, name: str | None = None) -> None:
        """Say that a file of a run, or for None any, may have changed. From any thread."""
        with self._hinted:
            is_watched = run_id in self._watched
            hints = self._hints if is_watched else self._later
            if is_watched or not hints:  # who sleeps until the next poll has to know that something is due before
                self._hinted.notify()
            _add(hints, run_id, None if name is None else {name})

    def tidy(self) -> None:
        """Say that a run was deleted whose points are still there. From any thread."""
        with self._hinted:
            self._is_untidy = True
            self._hinted.notify()

    @contextmanager
    def watching(self, run_ids: Iterable[str]) -> Iterator[None]:
        """Read these runs as soon as something comes, for as long as the block lasts. In one thread."""
        run_ids = tuple(run_ids)
        self._watched.update(run_ids)
        try:
            yield
        finally:
            self._watched.subtract(run_ids)
            for run_id in run_ids:
                if not self._watched[run_id]:
                    del self._watched[run_id]

    def _watch(self) -> None:
        """Turn what the file system says into hints."""
        while not self._stopping.is_set():
            with suppress(OSError):
                for changes in watch(
                    self._logs_dir,
                    watch_filter=self._is_relevant,
                    debounce=10,
                    step=STEP_MS,
                    stop_event=self._stopping,
                    raise_interrupt=False,
                    ignore_permission_denied=True,
                ):
                    for _change, path in changes:
                        run_id, _, name = path[len(str(self._logs_dir)) + 1 :].partition("/")
                        self.hint(run_id, name or None)
            self._stopping.wait(POLL_S)  # the folder was taken away, or its watches ran out: the poll goes on meanwhile

    def _is_relevant(self, change: Change, path: str) -> bool:
        run_id, _, name = path[len(str(self._logs_dir)) + 1 :].partition("/")
        return is_run_id(run_id) and (not name or is_followed(name))

    def _follow(self) -> None:
        try:
            self._follow_until_stopped()
        finally:
            self._ahead.close()

    def _follow_until_stopped(self) -> None:
        next_poll = next_others = 0.0
        polls = 0
        due: Hints = {}
        is_untidy = True
        while True:
            with self._hinted:
                if not (due or is_untidy):
                    self._await(next_poll, next_others)
                if self._stopping.is_set():
                    return
                started = time.monotonic()
                _add_all(due, self._hints)
                self._hints = {}
                if started >= next_others and self._later:
                    _add_all(due, self._later)
                    self._later, next_others = {}, started + OTHERS_PACE_S
                is_untidy, self._is_untidy = is_untidy or self._is_untidy, False
            try:
                if started >= next_poll:
                    next_poll = started + POLL_S
                    _add_all(due, self._folders.due(self._db, time.time(), thorough=polls % THOROUGH_POLLS == 0))
                    polls += 1
                is_idle = not due
                due = self._read(due)
                if is_idle:
                    self._ahead.rest()
                if is_untidy and is_idle:
                    is_untidy = self._tidy()
                self._trouble.pop("", None)
            except Exception as error:
                self._failed("", error)
                with self._hinted:
                    if not self._stopping.is_set():
                        self._hinted.wait(RETRY_S)
                continue
            if not is_idle:
                # Between two parts of a catch-up only so long that a command can have its turn.
                time.sleep(0.001 if due else max(0.0, started + PACE_S - time.monotonic()))

    def _await(self, next_poll: float, next_others: float) -> None:
        """Until there is something to be read now, or to stop for."""
        while not (self._hints or self._is_untidy or self._stopping.is_set()):
            wait_s = min(next_poll, next_others if self._later else next_poll) - time.monotonic()
            if wait_s <= 0:
                break
            self._hinted.wait(wait_s)

    def _read(self, due: Hints) -> Hints:
        """Read on in these runs, for a moment: in those that are watched, then in the others. What is left."""
        watched = {run_id: names for run_id, names in due.items() if run_id in self._watched}
        others = {run_id: names for run_id, names in due.items() if run_id not in watched}
        left = self._pass(watched) if watched else {}
        return left | (self._pass(others) if others else {})

    def _pass(self, hints: Hints) -> Hints:
        """One transaction over as many of the hinted runs as fit into its time. What is left for the next."""
        left = dict(hints)
        deadline = time.monotonic() + (WATCHED_PASS_S if self._watched else PASS_S)
        about: set[str] = set()
        try:
            with self._db.write() as write:
                write.about = about
                while left and time.monotonic() < deadline:
                    run_id = next(iter(left))
                    about.add(run_id)
                    names = left.pop(run_id)
                    if self._folders.take(write, run_id, names):
                        left[run_id] = None
        except Exception as error:
            if is_disk_full(error):
                raise
            return self._pass_one_by_one(hints)
        for run_id in hints.keys() - left.keys():
            self._trouble.pop(run_id, None)
        return left

    def _tidy(self) -> bool:
        """Remove a piece of what deleted runs left behind. Whether there is more."""
        with self._db.write() as write:
            is_more = segments.purge(write)
        if is_more:
            self._db.give_back_space()
            time.sleep(0.005)
        return is_more

    def _pass_one_by_one(self, hints: Hints) -> Hints:
        """A transaction a run, so that one which cannot be read keeps no other from being read."""
        left: Hints = {}
        self._folders.forget()
        for run_id in hints:
            try:
                with self._db.write() as write:
                    write.about = {run_id}
                    if self._folders.take(write, run_id, None):
                        left[run_id] = None
                self._trouble.pop(run_id, None)
            except Exception as error:
                if is_disk_full(error):
                    raise
                self._failed(run_id, error)
        return left

    def _failed(self, run_id: str, error: Exception) -> None:
        """Forget what the failed transaction left in memory, and say what is wrong."""
        self._folders.forget()
        if is_disk_full(error):
            sentence = f"{DiskFull(error).body.message} New steps wait in the run folders until there is space."
        else:
            what = f"the folder of {run_id}" if run_id else "the run folders"
            cause = driver_error(error)
            sentence = f"Reading {what} failed ({type(cause).__name__}: {cause}); it is tried again each second."
        if self._trouble.get(run_id) != sentence:
            log.error(sentence, exc_info=error)
        self._trouble[run_id] = sentence


def _add_all(hints: Hints, more: Hints) -> None:
    for run_id, names in more.items():
        _add(hints, run_id, names)


def _add(hints: Hints, run_id: str, names: set[str] | None) -> None:
    known = hints.get(run_id, set())
    hints[run_id] = None if names is None or known is None else known | names
