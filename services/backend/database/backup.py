"""Copies the database before it is brought up to date, so that a person can go back to the Loradeck before.

It lies beside the database as `loradeck.db.before-<revision>`, where the revision is the one that it still has. To go
back, stop Loradeck, put the copy in the database's place, and remove what is called `-wal` and `-shm` there.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from services.backend.errors import StartupError, is_disk_full
from trainer.contract.messages import message
from trainer.contract.rundir import sync

KEPT_COPIES = 2


def back_up(path: Path, revision: str) -> Path:
    """Copy the database `path`, whole or not at all. Older copies but KEPT_COPIES - 1 are removed.

    Raises: StartupError where it cannot be written, sqlite3.DatabaseError where the database cannot be read.
    """
    copy = path.with_name(f"{path.name}.before-{revision}")
    try:
        copy_database(path, copy)
    except (OSError, sqlite3.Error) as error:
        if is_disk_full(error):
            size = path.stat().st_size / 2**20
            raise StartupError(message("disk_full.backup", folder=path.parent, mib=size)) from None
        if isinstance(error, OSError):
            raise StartupError(message("backup_failed", copy=copy, reason=error.strerror)) from None
        raise
    copy.touch()
    sync(path.parent)
    for old in _copies(path)[KEPT_COPIES:]:
        old.unlink()
    return copy


def _copies(path: Path) -> list[Path]:
    """List the copies, the newest first."""
    found = path.parent.glob(f"{path.name}.before-*")
    return sorted(found, key=lambda copy: copy.stat().st_mtime_ns, reverse=True)


def copy_database(path: Path, copy: Path) -> None:
    """Copy the database `path` to `copy`, whole or not at all, as others may go on writing it.

    Raises: OSError, sqlite3.Error.
    """
    unfinished = copy.with_name(f".{copy.name}.tmp")
    try:
        unfinished.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as target:
            source.backup(target)
        sync(unfinished)
        os.replace(unfinished, copy)
    finally:
        unfinished.unlink(missing_ok=True)
