"""Read the data set's table, and tell its usable rows from the others.

A bad row is left out and reported, never fatal by itself; a bad table is a `Problem`. Nothing is decoded here.
"""

import csv
import difflib
import os
from dataclasses import dataclass
from pathlib import Path

from trainer.contract.config import Problem, RunConfig
from trainer.contract.media import is_image

FILE_COLUMNS = ("video", "image")
"""A row may use either column; the suffix decides whether it is an image."""
SPLITS = ("train", "validation")
"""What an optional column `split` may say."""


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
    """One unusable line. `code` is a stable word, `reason` says what is wrong, `remedy` what to do."""

    line: int
    video: str
    code: str
    reason: str
    remedy: str

    @property
    def message(self) -> str:
        video = self.video or "no video"
        return f"Line {self.line} of the data set ({video}) is left out: {self.reason}. {self.remedy}"


def read_rows(config: RunConfig) -> tuple[list[Row], list[Rejected]]:
    """Read the config's table. Returns its usable lines and the others, each in the table's order.

    Raises: Problem where the folder, the table or one of its columns is missing, or it cannot be read.
    """
    base = Path(os.path.abspath(config.dataset_base_path))
    if not base.is_dir():
        raise Problem(
            "dataset_missing",
            f"There is no data set folder {base}.",
            "Check the path, and that this machine can see it.",
            "dataset_base_path",
        )
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
        problem = f"There is no table {table}."
        hint = "Write one with the columns video or image, and prompt."
        raise Problem("metadata_missing", problem, hint, _field()) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        problem = f"The table {table} cannot be read: {error}."
        raise Problem("metadata_unreadable", problem, "Save it as CSV in UTF-8.", _field()) from None
    return found


def _column_missing(table: Path, column: str, names: list[str]) -> Problem:
    near = difflib.get_close_matches(column, names, n=1, cutoff=0.6)
    hint = f"Rename {near[0]} to {column}." if near else "Its first line has to name the columns video and prompt."
    return Problem("metadata_column_missing", f"The table {table} has no column {column}.", hint, _field())


def _field() -> str:
    return "dataset_metadata_path"


def _check(base: Path, line: int, video: str, prompt: str, split: str) -> Row | Rejected:
    def reject(code: str, reason: str, remedy: str) -> Rejected:
        return Rejected(line, video, code, reason, remedy)

    if not video:
        return reject("video_empty", "it names no file", "Fill in the column video or image.")
    # Lexical, so that links inside the folder may point to other disks.
    path = Path(os.path.normpath(base / video))
    if not path.is_relative_to(base):
        return reject("path_outside", "its path leads out of the data set's folder", "Move the file into the folder.")
    if not prompt:
        return reject("caption_empty", "it has no caption", "Describe the clip in the column prompt.")
    if not path.is_file():
        return reject("clip_missing", "there is no such file", "Check its path, which begins at the folder.")
    if split and split not in SPLITS:
        return reject("split_unknown", f"its split is {split[:40]!r}", "Write train or validation, or leave it empty.")
    return Row(line, video, path, prompt, split)
