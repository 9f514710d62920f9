"""Read the data set's table, and tell its usable rows from the others.

A bad row is left out and reported, never fatal by itself; a bad table is a `Problem`. Nothing is decoded here.
"""

import csv
import difflib
import os
from dataclasses import dataclass
from pathlib import Path

from trainer.contract.config import RunConfig
from trainer.contract.media import is_image
from trainer.contract.messages import Message, message, sentence
from trainer.contract.problem import Problem

FILE_COLUMNS = ("video", "image")
"""A row may use either column; the suffix decides whether it is an image."""
SPLITS = ("train", "validation")
"""What an optional column `split` may say."""
_FIELD = "dataset_metadata_path"


@dataclass(frozen=True)
class Row:
    """One usable line of the table. `line` counts from 1, which is the header's."""

    line: int
    video: str
    path: Path
    prompt: str
    split: str = ""
    """One of SPLITS; empty where the table has no such column, or nothing in it."""

    @property
    def is_image(self) -> bool:
        return is_image(self.video)


@dataclass(frozen=True)
class Rejected:
    """One unusable line. `said` has a stable code, says what is wrong with the line, and what to do."""

    line: int
    video: str
    said: Message

    @property
    def code(self) -> str:
        return self.said.code

    @property
    def message(self) -> str:
        reason, remedy = self.said.message, self.said.hint
        if not self.video:
            return sentence("row.left_out_without_file", line=self.line, reason=reason, remedy=remedy)
        return sentence("row.left_out", line=self.line, video=self.video, reason=reason, remedy=remedy)


def read_rows(config: RunConfig) -> tuple[list[Row], list[Rejected]]:
    """Read the config's table. Returns its usable lines and the others, each in the table's order.

    Raises: Problem where the folder, the table or one of its columns is missing, or it cannot be read.
    """
    base = Path(os.path.abspath(config.dataset_base_path))
    if not base.is_dir():
        raise Problem(message("dataset_missing.run", folder=base), "dataset_base_path")
    rows: list[Row] = []
    rejected: list[Rejected] = []
    for line, video, prompt, split in _lines(config.metadata_path):
        row = _check(base, line, video, prompt, split)
        if isinstance(row, Row):
            rows.append(row)
        else:
            rejected.append(row)
    return rows, rejected


def _lines(table: Path) -> list[tuple[int, str, str, str]]:
    """Read (line, video, prompt, split) of each row of the table. Raises: Problem."""
    try:
        with open(table, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restkey="", restval="")
            names = [name.strip() for name in reader.fieldnames or ()]
            files = [column for column in FILE_COLUMNS if column in names]
            for column, is_there in (("video", bool(files)), ("prompt", "prompt" in names)):
                if not is_there:
                    raise _column_missing(table, column, names)
            reader.fieldnames = names
            found, begin = [], reader.line_num + 1
            for record in reader:
                named = next((record[column].strip() for column in files if record[column].strip()), "")
                found.append((begin, named, record["prompt"].strip(), record.get("split", "").strip()))
                begin = reader.line_num + 1
    except FileNotFoundError:
        raise Problem(message("metadata_missing.run", table=table), _FIELD) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Problem(message("metadata_unreadable.run", table=table, error=error), _FIELD) from None
    return found


def _column_missing(table: Path, column: str, names: list[str]) -> Problem:
    near = difflib.get_close_matches(column, names, n=1, cutoff=0.6)
    if near:
        said = message("metadata_column_missing.near", table=table, column=column, near=near[0])
    else:
        said = message("metadata_column_missing.run", table=table, column=column)
    return Problem(said, _FIELD)


def _check(base: Path, line: int, video: str, prompt: str, split: str) -> Row | Rejected:
    def reject(said: Message) -> Rejected:
        return Rejected(line, video, said)

    if not video:
        return reject(message("video_empty"))
    # Lexical, so that links inside the folder may point to other disks.
    path = Path(os.path.normpath(base / video))
    if not path.is_relative_to(base):
        return reject(message("path_outside.row"))
    if not prompt:
        return reject(message("caption_empty.row"))
    if not path.is_file():
        return reject(message("clip_missing"))
    if split and split not in SPLITS:
        return reject(message("split_unknown.row", split=split[:40]))
    return Row(line, video, path, prompt, split)
