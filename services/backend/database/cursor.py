"""Cursors of live clients: which database they have read, and up to which commit."""

import re

from sqlmodel import Session

from services.backend.database.db import raw

_CURSOR = re.compile(r"([0-9a-f]{1,40}):(\d{1,18})")


def clock(session: Session) -> tuple[str, int]:
    """Return this database's id and its last tick."""
    database, tick = raw(session).execute("SELECT database, tick FROM clock").fetchone()
    return database, tick


def cursor(session: Session) -> str:
    """Return the cursor of a client that has read everything."""
    database, tick = clock(session)
    return write_cursor(database, tick)


def write_cursor(database: str, tick: int) -> str:
    return f"{database}:{tick}"


def read_cursor(session: Session, text: str) -> int | None:
    """Parse a cursor. Returns its tick, or None if it is no cursor of this database."""
    database, tick = clock(session)
    match = _CURSOR.fullmatch(text)
    if match is None or match[1] != database or int(match[2]) > tick:
        return None
    return int(match[2])
