"""Reads the formats in which people list their clips, row by row.

| source | file | caption |
|---|---|---|
| CSV, TSV | `file_path`, or DiffSynth's `video` or `image` | `caption` or `prompt` |
| DiffSynth's `metadata.json`, `metadata.jsonl` | `video` or `image` | `prompt` |
| musubi's JSONL | `video_path` or `image_path` | `caption` |
| Hugging Face's `metadata.jsonl` or `.csv` | `file_name` | `text` |
| a folder of clips | each of its media files | the `.txt` beside it |

Any of the file columns goes with any of the caption columns. A row that cannot be read is a `Fault` with its line, and
the rows around it are read all the same: a quote that is never closed costs one line and not the rest of the table.
"""

import csv
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.contract.media import IMAGE_SUFFIXES, is_image
from trainer.contract.messages import Message, message

FILE_COLUMNS = ("file_path", "video", "image", "video_path", "image_path", "file_name")
CAPTION_COLUMNS = ("caption", "prompt", "text")
TYPE_COLUMN = "media_type"
VIDEO_SUFFIXES = frozenset({".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg", ".gif", ".ts", ".wmv"})

CAPTION_LIMIT = 100_000
"""Characters. The text encoder reads 512 tokens; what is longer than this is no caption."""
RECORD_LINES = 1_000
"""A row over this many lines is taken for one with an unclosed quote."""

csv.field_size_limit(sys.maxsize)  # its 128 KiB end the whole reading; CAPTION_LIMIT costs the row alone


@dataclass(frozen=True, slots=True)
class Entry:
    """One listed clip. `line` is where it begins in the table, from 1; `file` as it is written there."""

    line: int
    file: str
    caption: str
    is_image: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that cannot be used: what is wrong with it, and what to do."""

    line: int
    said: Message

    @property
    def code(self) -> str:
        return self.said.code

    @property
    def message(self) -> str:
        """What is told of it: the hint, too."""
        return str(self.said)


class Unreadable(Exception):
    """The whole table cannot be used; says why and what to do."""

    def __init__(self, said: Message) -> None:
        super().__init__(str(said))
        self.said = said

    @property
    def code(self) -> str:
        return self.said.code


def read(source: Path) -> Iterator[Entry | Fault]:
    """Yield the rows of a table, or the clips of a folder by name. The suffix decides whether a file is an image.

    Raises: Unreadable, OSError.
    """
    if source.is_dir():
        return _folder(source)
    if source.exists() and not source.is_file():  # a pipe would be waited for
        raise Unreadable(message("metadata_unreadable.no_file", name=source.name))
    match source.suffix.lower():
        case ".csv" | ".tsv" | ".txt":
            return _table(source)
        case ".jsonl" | ".ndjson":
            return _json_lines(source)
        case ".json":
            return _json(source)
    raise Unreadable(message("metadata_unreadable.format", name=source.name))


def encoding_of(begin: bytes) -> str:
    """Detect the encoding by the byte order mark; UTF-8 without one. Raises: Unreadable."""
    if begin.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32"
    if begin.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\x00" in begin[:2]:
        raise Unreadable(message("metadata_unreadable.unmarked"))
    return "utf-8-sig"


def _table(source: Path) -> Iterator[Entry | Fault]:
    with _Lines(source) as lines:
        header_line = next(lines, None)
        if header_line is None or not header_line.strip():
            raise Unreadable(message("metadata_unreadable.empty", name=source.name))
        delimiter = "\t" if header_line.count("\t") > header_line.count(",") else ","
        header = [name.strip() for name in next(csv.reader([header_line], delimiter=delimiter))]
        files, captions = _columns(source.name, header)
        kind = header.index(TYPE_COLUMN) if TYPE_COLUMN in header else None
        for line, cells in _records(lines, delimiter):
            if isinstance(cells, Fault):
                yield cells
            elif cells:
                yield _row(line, cells, header, files, captions, kind)


def _columns(name: str, header: list[str]) -> tuple[list[int], int]:
    """Find the columns that name a file, and that of the caption. Raises: Unreadable."""
    files = [header.index(column) for column in FILE_COLUMNS if column in header]
    caption = next((header.index(column) for column in CAPTION_COLUMNS if column in header), None)
    if _is_undecoded("".join(header)) or "\0" in "".join(header):
        raise Unreadable(message("metadata_unreadable.no_text", name=name))
    if not files or caption is None:
        wanted = FILE_COLUMNS if not files else CAPTION_COLUMNS
        found = ", ".join(header)[:200] or "none"
        raise Unreadable(message("metadata_columns.source", name=name, columns=found, wanted=", ".join(wanted)))
    return files, caption


def _records(lines: "_Lines", delimiter: str) -> Iterator[tuple[int, list[str] | Fault]]:
    """Yield the rows as cells, with the line that each begins at."""
    while True:
        line = lines.begin_record()
        try:
            cells = next(csv.reader(lines, delimiter=delimiter, strict=True), None)
        except csv.Error as error:
            lines.give_back()
            yield line, Fault(line, message("row_unreadable.csv", line=line, error=error))
            continue
        except _TooLong:
            lines.give_back()
            yield line, Fault(line, message("quote_open", line=line, lines=RECORD_LINES))
            continue
        if cells is None:
            return
        yield line, cells


def _row(
    line: int, cells: list[str], header: list[str], files: list[int], caption: int, kind: int | None
) -> Entry | Fault:
    if len(cells) != len(header):
        counts = {"line": line, "cells": len(cells), "columns": len(header)}
        return Fault(line, message("cells.more" if len(cells) > len(header) else "cells.fewer", **counts))
    named = next((cells[place].strip() for place in files if cells[place].strip()), "")
    return _entry(line, named, cells[caption], cells[kind] if kind is not None else "")


def _json_lines(source: Path) -> Iterator[Entry | Fault]:
    with _Lines(source) as lines:
        while True:
            line = lines.begin_record()
            text = next(lines, None)
            if text is None:
                return
            if text.strip():
                try:
                    row = json.loads(text)
                except (ValueError, RecursionError) as error:
                    yield Fault(line, message("row_unreadable.json", line=line, error=error))
                else:
                    yield _object(line, row)


def _json(source: Path) -> Iterator[Entry | Fault]:
    try:
        rows = json.loads(_decoded(source.read_bytes()))
    except (ValueError, RecursionError) as error:  # UnicodeError is a ValueError
        raise Unreadable(message("metadata_unreadable.no_json", name=source.name, error=error)) from None
    if not isinstance(rows, list):
        raise Unreadable(message("metadata_unreadable.no_list", name=source.name))
    for number, row in enumerate(rows, start=1):
        yield _object(number, row)


def _object(line: int, row: Any) -> Entry | Fault:
    if not isinstance(row, dict):
        return Fault(line, message("row_unreadable.no_object", line=line))
    named = next((row[column] for column in FILE_COLUMNS if row.get(column)), "")
    caption = next((row[column] for column in CAPTION_COLUMNS if row.get(column) is not None), "")
    kind = row.get(TYPE_COLUMN) or ""
    for name, value in (("file", named), ("caption", caption), (TYPE_COLUMN, kind)):
        if not isinstance(value, str):
            said = message("row_unreadable.no_text", line=line, name=name, type=type(value).__name__)
            return Fault(line, said)
    return _entry(line, named.strip(), caption, kind)


def _folder(source: Path) -> Iterator[Entry | Fault]:
    """Yield the clips of a folder and of those in it. A clip without a caption has an empty one, which a rule flags."""
    number = 0
    for folder, folders, names in os.walk(source):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            suffix = os.path.splitext(name)[1].lower()
            if name.startswith(".") or suffix not in IMAGE_SUFFIXES | VIDEO_SUFFIXES:
                continue
            number += 1
            path = Path(folder, name)
            if _is_undecoded(str(path)):
                shown = os.fsencode(path.relative_to(source)).decode(errors="replace")
                yield Fault(number, message("not_utf8.name", name=shown[:200]))
                continue
            try:
                caption = _decoded(path.with_suffix(".txt").read_bytes())
            except FileNotFoundError:
                caption = ""
            except (UnicodeError, Unreadable, OSError) as error:
                said = message("caption_unreadable", path=path.relative_to(source), error=error)
                yield Fault(number, said)
                continue
            yield _entry(number, str(path.relative_to(source)), caption, "")


def _decoded(content: bytes) -> str:
    return content.decode(encoding_of(content[:4]))


def _entry(line: int, named: str, caption: str, kind: str) -> Entry | Fault:
    if not named:
        return Fault(line, message("file_unnamed", line=line))
    if len(caption) > CAPTION_LIMIT:
        return Fault(line, message("caption_huge.row", line=line, length=len(caption), most=CAPTION_LIMIT))
    if "\0" in named or "\0" in caption:
        return Fault(line, message("row_unreadable.zero_byte", line=line))
    if _is_undecoded(named) or _is_undecoded(caption):
        return Fault(line, message("not_utf8.line", line=line))
    suffix_says = "image" if is_image(named) else "video"
    if kind.strip().lower() not in ("", suffix_says):
        return Fault(line, message("media_type", line=line, column=TYPE_COLUMN, value=kind[:40], kind=suffix_says))
    return Entry(line, named, caption.strip(), suffix_says == "image")


def _is_undecoded(text: str) -> bool:
    """Check whether a text holds bytes that were no UTF-8."""
    return not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)


class _TooLong(Exception):
    """A row has more lines than `RECORD_LINES`."""


class _Lines:
    """The lines of a text file, which can be given back. Bytes that are not in its encoding come as surrogates."""

    def __init__(self, source: Path) -> None:
        with open(source, "rb") as file:
            encoding = encoding_of(file.read(4))
        errors = "surrogateescape" if encoding == "utf-8-sig" else "strict"
        self._file = open(source, encoding=encoding, errors=errors, newline="")  # noqa: SIM115 -- closed by __exit__
        self._returned: list[str] = []
        self._record: list[str] = []
        self._line = 0

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self._record) >= RECORD_LINES:
            raise _TooLong
        try:
            text = self._returned.pop() if self._returned else next(self._file)
        except UnicodeError as error:
            raise Unreadable(message("metadata_unreadable.encoding", line=self._line, error=error)) from None
        self._line += 1
        self._record.append(text)
        return text

    def begin_record(self) -> int:
        """Begin a record. Returns the number of its first line."""
        self._record.clear()
        return self._line + 1

    def give_back(self) -> None:
        """Give back all lines of the record but its first, to be read as rows of their own."""
        self._returned.extend(reversed(self._record[1:]))
        self._line -= len(self._record) - 1
