"""Where a client stands: which database it has read, and up to which commit."""

import re

from sqlmodel import Session

from services.backend.database.db import raw

_CURSOR = re.compile(r"([0-9a-f]{1,40}):(\d{1,18})")


def clock(session: Session) -> tuple[str, int]:
    """This database's id, and its last tick."""
    database, tick = raw(session).execute("SELECT database, tick FROM clock").fetchone()
    return database, tick


def cursor(session: Session) -> str:
    """The cursor of one who has read everything."""
    database, tick = clock(session)
    return write_cursor(database, tick)


def write_cursor(database: str, tick: int) -> str:
    return f"{database}:{tick}"


def read_cursor(session: Session, text: str) -> int | None:
    """The tick that `text` stands for, or None where it is no cursor of this database."""
    database, tick = clock(session)
    match = _CURSOR.fullmatch(text)
    if match is None or match[1] != database or int(match[2]) > tick:
        return None
    return int(match[2])
