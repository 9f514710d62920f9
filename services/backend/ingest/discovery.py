"""Discovery: finds the run folders, and what in them has changed since it was read."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from services.backend.database.db import Database
from services.backend.runs.states import ENDED, SILENT_S
from trainer.contract.rundir import is_run_id, parse_log_name

FACT_FILES = frozenset({"config.json", "state.json", "exit.json", "stop.request"})
"""The small files of a run folder, of which each says something about the whole run."""

Signature = tuple[int, int, int]
"""Inode, size and time of change of a file: while they stay the same, it is not read again."""
Signatures = dict[str, Signature]
"""By the file's name in its run folder."""


@dataclass(frozen=True)
class Due:
    """The part of a run folder that is to be read: some of its logs, or the whole folder."""

    logs: frozenset[str] = frozenset()
    is_whole: bool = False

    def __or__(self, other: "Due") -> "Due":
        return WHOLE if self.is_whole or other.is_whole else Due(self.logs | other.logs)


WHOLE = Due(is_whole=True)
DueRuns = dict[str, Due]
"""By run id, in the order in which they are to be read."""


def due_for(names: Iterable[str]) -> Due:
    """Return what is to be read after files of these names have changed."""
    names = frozenset(names)
    return Due(names) if names.isdisjoint(FACT_FILES) else WHOLE


def add_due(runs: DueRuns, run_id: str, due: Due) -> None:
    """Add `due` to what is to be read of a run already."""
    known = runs.get(run_id)
    runs[run_id] = due if known is None else known | due


def is_followed(name: str) -> bool:
    """Check whether a file of this name in a run folder is read at all."""
    return name in FACT_FILES or parse_log_name(name) is not None


class Discovery:
    """The run folders under `logs_dir`, and up to which signatures their files have been read. For one thread."""

    def __init__(self, logs_dir: Path) -> None:
        self._logs_dir = logs_dir
        self._read: dict[str, Signatures] = {}

    def look(self, run_id: str, names: Iterable[str] | None = None) -> Signatures:
        """Take the signatures of a run folder's files: of all that are followed, or only of `names`."""
        folder = self._logs_dir / run_id
        return _all_signatures(folder) if names is None else _signatures(folder, names)

    def mark_folder_read(self, run_id: str, signatures: Signatures) -> None:
        """Note that a whole folder has been read up to these signatures."""
        self._read[run_id] = signatures

    def mark_logs_read(self, run_id: str, signatures: Signatures) -> None:
        """Note that these files of a folder have been read up to these signatures."""
        self._read.setdefault(run_id, {}).update(signatures)

    def forget(self, run_id: str) -> None:
        """Have a folder read again."""
        self._read.pop(run_id, None)

    def forget_all(self) -> None:
        self._read.clear()

    def due(self, db: Database, now: float, thorough: bool, has_shim: Callable[[str], bool]) -> DueRuns:
        """Find the runs to be read: those with a changed file, whose folder came or went, or that fell silent.

        `now` is in Unix seconds. The folders of runs that have ended are looked at only if `thorough`. A run with a
        shim (`has_shim`, by its id) never falls silent: its shim reports its end.
        """
        present = self._present()
        for gone in self._read.keys() - present:
            del self._read[gone]
        with db.read() as session:
            query = "SELECT id, folder_missing, state, last_event_at FROM run"
            known = {run_id: facts for run_id, *facts in session.connection().exec_driver_sql(query)}
        due: DueRuns = {
            run_id: WHOLE for run_id, (missing, _, _) in known.items() if (run_id in present) == bool(missing)
        }
        for run_id, (_, state, last_event_at) in known.items():
            is_silent = last_event_at is not None and now - last_event_at >= SILENT_S
            if is_silent and state not in ENDED and not has_shim(run_id):
                due[run_id] = WHOLE
        for run_id in present - due.keys():
            has_ended = run_id in self._read and run_id in known and known[run_id][1] in ENDED
            if (thorough or not has_ended) and (changed := self._changed(run_id, run_id in known)) is not None:
                due[run_id] = changed
        return due

    def _changed(self, run_id: str, is_known: bool) -> Due | None:
        """Compare a folder with what was read of it. None if nothing has changed."""
        read, found = self._read.get(run_id), self.look(run_id)
        if read is None or not is_known or read.keys() != found.keys():
            return None if read == found else WHOLE
        changed = [name for name, signature in found.items() if signature != read[name]]
        return due_for(changed) if changed else None

    def _present(self) -> set[str]:
        """List the ids of all folders that may be runs'."""
        try:
            with os.scandir(self._logs_dir) as entries:
                return {entry.name for entry in entries if is_run_id(entry.name) and entry.is_dir()}
        except FileNotFoundError:
            return set()


def _signatures(folder: Path, names: Iterable[str]) -> Signatures:
    found = {}
    for name in names:
        with suppress(OSError):
            found[name] = _signature(os.stat(f"{folder}/{name}"))
    return found


def _all_signatures(folder: Path) -> Signatures:
    found = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if is_followed(entry.name):
                    with suppress(OSError):
                        found[entry.name] = _signature(entry.stat())
    except OSError:
        return {}
    return found


def _signature(status: os.stat_result) -> Signature:
    return status.st_ino, status.st_size, status.st_mtime_ns
