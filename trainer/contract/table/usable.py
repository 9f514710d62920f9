"""Decides which rows of a table a run can use: the one place for trainer, plan and check.

A bad row is left out and told, never fatal by itself; a bad table is a `Problem`. What only opening a clip can tell
(damage, length) is found later.
"""

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from trainer.contract.messages import Message, message
from trainer.contract.problem import Problem
from trainer.contract.table.columns import RUN_CAPTION_COLUMN, RUN_FILE_COLUMNS
from trainer.contract.table.file_names import FileNames
from trainer.contract.table.reader import Rejected, TableReader, TableRow

SPLITS = ("train", "validation")
"""What an optional column `split` may say."""
_FIELD = "dataset_metadata_path"


class UsableRow(NamedTuple):
    """A row that a run can use. `file` is its name in the table, as it is found in the folder; `path` is absolute."""

    line: int
    file: str
    path: str
    caption: str
    split: str
    """One of SPLITS; empty where the table has no such column, or nothing in it."""


@dataclass(frozen=True)
class UsableRows:
    """A table's usable rows and the others, each in the table's order, and what else is to be told of it."""

    rows: list[UsableRow]
    rejected: list[Rejected]
    notes: list[Message]
    folders: dict[str, int]
    """Folders that were looked into; see `FileNames.folders`."""


def read_usable(base: Path, table: Path) -> UsableRows:
    """Read the rows of a run's table whose files lie below `base`.

    Raises: Problem if the table or one of its columns is missing, or it cannot be read.
    """
    try:
        reader = TableReader(table.read_bytes())
    except FileNotFoundError:
        raise Problem(message("metadata_missing.run", table=table), _FIELD) from None
    except OSError as error:
        raise Problem(message("metadata_unreadable.run", table=table, error=error), _FIELD) from None
    except Problem as problem:
        raise Problem(problem.said, _FIELD) from None
    _check_columns(table, reader)
    names, rows, rejected = FileNames(base), list[UsableRow](), list[Rejected]()
    for row in reader:
        judged = judge(row, names) if isinstance(row, TableRow) else row
        if isinstance(judged, UsableRow):
            rows.append(judged)
        else:
            rejected.append(judged)
    return UsableRows(rows, rejected, reader.notes, names.folders)


def judge(row: TableRow, names: FileNames) -> UsableRow | Rejected:
    """Find the row's file, or say why the row is left out."""
    if not row.file.strip():
        return Rejected(row.line, "", message("video_empty"))
    found = names.find(row.file)
    path = found[0] if found else names.path(row.file.strip())
    file = names.name_of(path, row.file)
    reason = reason_of(row.caption, row.split)
    if not names.is_inside(path):
        reason = message("path_outside.row")
    elif reason is None and not found:
        reason = message("clip_missing")
    elif reason is None and len(found) > 1:
        reason = message("name_ambiguous.row", files=len(found))
    if reason is not None:
        return Rejected(row.line, file, reason)
    return UsableRow(row.line, file, path, row.caption, row.split)


def reason_of(caption: str, split: str) -> Message | None:
    """Return why a row is left out whatever its file is; None if it is not."""
    if not caption:
        return message("caption_empty.row")
    if split and split not in SPLITS:
        return message("split_unknown.row", split=split[:40])
    return None


def _check_columns(table: Path, reader: TableReader) -> None:
    """Raises: Problem."""
    names = list(reader.columns.names)
    for column, wanted in (("video", RUN_FILE_COLUMNS), (RUN_CAPTION_COLUMN, (RUN_CAPTION_COLUMN,))):
        if reader.columns.has(*wanted):
            continue
        near = difflib.get_close_matches(column, names, n=1, cutoff=0.6)
        if near:
            said = message("metadata_column_missing.near", table=table, column=column, near=near[0])
        else:
            said = message("metadata_column_missing.run", table=table, column=column)
        raise Problem(said, _FIELD)
