"""Follows the run folders: a thread that reads on whenever the file system reports a change, and each second anyway.

The file system's word is only a hint: some mounts never give it, and a busy one loses some.
"""

import asyncio
import logging
import threading
import time
from contextlib import suppress
from pathlib import Path

from watchfiles import Change, awatch

from services.backend.db import Database
from services.backend.errors import DiskFull, is_disk_full
from services.backend.folders import Folders, is_followed
from trainer.contract.rundir import is_run_id

log = logging.getLogger("loradeck")

POLL_S = 1.0
PACE_S = 0.02
"""Between two commits while runs are being written: what a step may wait for, and what keeps commits few."""
PASS_S = 0.05
"""How long one transaction may take before it is committed and the rest waits for the next."""
RETRY_S = 1.0

Hints = dict[str, set[str] | None]
"""Run ids with the files that changed; None for all."""


class Follower:
    """The reading thread. `problem` is a sentence while it cannot do its work, else None."""

    def __init__(self, db: Database, logs_dir: Path) -> None:
        self.problem: str | None = None
        self._db = db
        self._logs_dir = logs_dir
        self._folders = Folders(logs_dir)
        self._hints: Hints = {}
        self._hinted = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._follow, name="follower", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop after the transaction in hand, and wait for that."""
        with self._hinted:
            self._stopping = True
            self._hinted.notify()
        if self._thread.is_alive():
            self._thread.join()

    def hint(self, run_id: str, name: str | None = None) -> None:
        """Say that a file of a run, or for None any, may have changed. From any thread."""
        with self._hinted:
            _add(self._hints, run_id, None if name is None else {name})
            self._hinted.notify()

    async def watch(self) -> None:
        """Turn what the file system says into hints, until cancelled."""
        while True:
            with suppress(OSError):
                async for changes in awatch(
                    self._logs_dir,
                    watch_filter=self._is_relevant,
                    debounce=10,
                    step=1,
                    ignore_permission_denied=True,
                ):
                    for _change, path in changes:
                        run_id, _, name = path[len(str(self._logs_dir)) + 1 :].partition("/")
                        self.hint(run_id, name or None)
            await asyncio.sleep(POLL_S)  # the folder was taken away, or its watches ran out: the poll goes on meanwhile

    def _is_relevant(self, change: Change, path: str) -> bool:
        run_id, _, name = path[len(str(self._logs_dir)) + 1 :].partition("/")
        return is_run_id(run_id) and (not name or is_followed(name))

    def _follow(self) -> None:
        next_poll = 0.0
        left: Hints = {}
        while True:
            with self._hinted:
                wait_s = next_poll - time.monotonic()
                if not (self._hints or left or self._stopping) and wait_s > 0:
                    self._hinted.wait(wait_s)
                if self._stopping:
                    return
                hints, self._hints = self._hints, {}
            started = time.monotonic()
            hurry = bool(left)
            for run_id, names in left.items():
                _add(hints, run_id, names)
            try:
                if started >= next_poll:
                    next_poll = started + POLL_S
                    self._poll(hints)
                left = self._pass(hints) if hints else {}
                self.problem = None
            except Exception as error:
                left = hints
                self._failed(error)
            if hints and not (hurry or left or self._stopping):
                time.sleep(max(0.0, started + PACE_S - time.monotonic()))

    def _poll(self, hints: Hints) -> None:
        present = self._folders.present()
        for run_id in self._folders.due(self._db, present, time.time()):
            hints[run_id] = None
        for run_id in present:
            if self._folders.has_changed(run_id):
                hints[run_id] = None

    def _pass(self, hints: Hints) -> Hints:
        """One transaction over as many of the hinted runs as fit into `PASS_S`. What is left for the next."""
        left = dict(hints)
        deadline = time.monotonic() + PASS_S
        with self._db.write() as write:
            for run_id, names in hints.items():
                del left[run_id]
                if self._folders.take(write, run_id, names):
                    left[run_id] = None
                if time.monotonic() > deadline:
                    break
        return left

    def _failed(self, error: Exception) -> None:
        """Forget what the failed transaction had in memory, say what is wrong, and try again in a while."""
        self._folders.forget()
        if is_disk_full(error):
            self.problem = f"{DiskFull().body.message} New steps wait in the run folders until there is space."
        else:
            self.problem = (
                f"Reading the run folders failed ({type(error).__name__}: {error}); trying again each second."
            )
        log.error("Reading the run folders failed.", exc_info=error)
        with self._hinted:
            if not self._stopping:
                self._hinted.wait(RETRY_S)


def _add(hints: Hints, run_id: str, names: set[str] | None) -> None:
    known = hints.get(run_id, set())
    hints[run_id] = None if names is None or known is None else known | names
