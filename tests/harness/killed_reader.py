"""A backend's reading as a process of its own that dies where it is told to."""

import os
import resource
import signal
from collections.abc import Callable
from itertools import chain, repeat
from pathlib import Path
from typing import NamedTuple, NoReturn

from sqlalchemy import Engine, event

from services.backend.database.db import Database
from services.backend.ingest.run_folders import RunFolders
from tests.harness.backend import read_on, shrink
from tests.harness.point_log import RUN


class AtStatement(NamedTuple):
    """Before a statement that comes so many after the `seals`-th that stores a segment; 0 counts from the start."""

    seals: int
    statements: int


class InStatement(NamedTuple):
    """Within the first statement to take so many steps of SQLite's virtual machine."""

    opcodes: int


class InWrite(NamedTuple):
    """Within the write that makes the database, or its write-ahead log, so many bytes longer than the longer is."""

    more_bytes: int


Kill = AtStatement | InStatement | InWrite


def live(folder: Path, pieces: list[int], kill: Kill | None) -> None:
    """Append to the log in `folder` from its `source`, so many bytes a piece and the rest at once, and read each."""
    shrink(setattr)
    if kill is not None:
        _arm(kill, folder)
    db = Database(folder / "loradeck.db")
    folders = RunFolders(folder / "logs")
    source = (folder / "source").read_bytes()
    log = folder / "logs" / RUN / "1.jsonl"
    read_on(db, folders, RUN)
    for piece in chain(pieces, repeat(len(source))):
        written = log.stat().st_size
        if written == len(source):
            break
        with open(log, "ab", buffering=0) as file:
            file.write(source[written : written + piece])
        read_on(db, folders, RUN)
    db.close()


def _arm(kill: Kill, folder: Path) -> None:
    if isinstance(kill, InWrite):
        sizes = [path.stat().st_size for path in folder.glob("loradeck.db*")]
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(sizes, default=0) + kill.more_bytes, resource.RLIM_INFINITY))
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        return
    traced = _countdown(*kill) if isinstance(kill, AtStatement) else None

    @event.listens_for(Engine, "connect")
    def _connected(connection, _: object) -> None:  # type: ignore[no-untyped-def]
        if traced is not None:
            connection.set_trace_callback(traced)
        else:
            connection.set_progress_handler(_die, kill[0])


def _countdown(seals: int, statements: int) -> Callable[[str], None]:
    def traced(statement: str) -> None:
        nonlocal seals, statements
        if seals:
            seals -= statement.startswith("INSERT INTO segment")
        elif statements:
            statements -= 1
        else:
            _die()

    return traced


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError
