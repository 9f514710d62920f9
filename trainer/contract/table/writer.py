"""Writes tables that read back as they were, by Loradeck and by Python's csv: with any character in any cell."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from trainer.contract.messages import message
from trainer.contract.problem import Problem
from trainer.contract.rundir import write_atomic

_QUOTED = re.compile(r'[",\r\n]')
"""csv.writer leaves a carriage return unquoted where lines end in LF, and readers end the row at it."""

_EMPTY = '""'
"""A row of one empty cell, which would else be a blank line."""


def write_table(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write a table, whole or not at all. The first row is the header. Raises: Problem, OSError."""
    write_atomic(path, encode_rows(rows))


def encode_rows(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as lines of CSV in UTF-8. Raises: Problem for a zero byte or half a character, which no table can
    hold."""
    text = "".join([(",".join(map(_cell, row)) or _EMPTY) + "\n" for row in rows])
    if "\0" in text:
        raise Problem(message("no_text.table"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Problem(message("no_text.table")) from None


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
