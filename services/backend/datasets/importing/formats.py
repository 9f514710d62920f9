"""Reads the formats in which people list their clips, row by row.

| source | file | caption |
|---|---|---|
| CSV, TSV | DiffSynth's `video` or `image`, or `file_path` | `prompt` or `caption` |
| DiffSynth's `metadata.json`, `metadata.jsonl` | `video` or `image` | `prompt` |
| musubi's JSONL | `video_path` or `image_path` | `caption` |
| Hugging Face's `metadata.jsonl` or `.csv` | `file_name` | `text` |
| a folder of clips | each of its media files | the `.txt`, `.caption` or `.json` beside it |

Any of the file columns goes with any of the caption columns, in the order of `trainer.contract.table.columns`. A row
that cannot be read is a `Fault` with its line, and the rows around it are read all the same.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from services.backend.datasets.importing import folder
from services.backend.datasets.importing.entries import Entry, Fault, Unreadable
from trainer.contract.media import is_image
from trainer.contract.messages import Message, message
from trainer.contract.problem import Problem
from trainer.contract.table.columns import CAPTION_COLUMNS, FILE_COLUMNS, TYPE_COLUMN, Columns
from trainer.contract.table.encoding import decode
from trainer.contract.table.reader import Rejected, TableReader, reason_unreadable
from trainer.contract.table.records import split_lines


def read(
    source: Path, note: Callable[[Message], None] = lambda said: None, roots: Sequence[Path] = (Path("/"),)
) -> Iterator[Entry | Fault]:
    """Yield the rows of a table, or the clips of a folder by name. The suffix decides whether a file is an image.

    `note` is called with what a person should know of the source as a whole. Links to folders are followed into
    `roots`. Raises: Unreadable, OSError.
    """
    if source.is_dir():
        return folder.read(source, note, roots)
    if source.exists() and not source.is_file():  # a pipe would be waited for
        raise Unreadable(message("metadata_unreadable.no_file", name=source.name))
    match source.suffix.lower():
        case ".csv" | ".tsv" | ".txt":
            return _table(source, note)
        case ".jsonl" | ".ndjson":
            return _json_lines(source, note)
        case ".json":
            return _json(source, note)
    raise Unreadable(message("metadata_unreadable.format", name=source.name))


def _table(source: Path, note: Callable[[Message], None]) -> Iterator[Entry | Fault]:
    try:
        reader = TableReader(source.read_bytes())
    except Problem as problem:
        raise Unreadable(problem.said) from None
    _check_columns(source.name, reader.columns)
    for row in reader:
        if isinstance(row, Rejected):
            yield Fault.of(row)
        else:
            yield _entry(row.line, row.file, row.caption, row.media_type)
    for said in reader.notes:
        note(said)


def _check_columns(name: str, columns: Columns) -> None:
    """Raises: Unreadable if no column names files, or none holds captions."""
    if not columns.names:
        raise Unreadable(message("metadata_unreadable.empty", name=name))
    if not columns.files or not columns.captions:
        wanted = FILE_COLUMNS if not columns.files else CAPTION_COLUMNS
        found = ", ".join(columns.names)[:200] or "none"
        raise Unreadable(message("metadata_columns.source", name=name, columns=found, wanted=", ".join(wanted)))


def _json_lines(source: Path, note: Callable[[Message], None]) -> Iterator[Entry | Fault]:
    differing = _DifferingCaptions()
    for line, text in enumerate(split_lines(_decoded(source, note)), start=1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            yield Fault(line, message("row_unreadable.json", line=line, error=error))
        else:
            differing.compare(line, row)
            yield _object(line, row)
    differing.tell(note)


def _json(source: Path, note: Callable[[Message], None]) -> Iterator[Entry | Fault]:
    try:
        rows = json.loads(_decoded(source, note))
    except (ValueError, RecursionError) as error:
        raise Unreadable(message("metadata_unreadable.no_json", name=source.name, error=error)) from None
    if not isinstance(rows, list):
        raise Unreadable(message("metadata_unreadable.no_list", name=source.name))
    differing = _DifferingCaptions()
    for number, row in enumerate(rows, start=1):
        differing.compare(number, row)
        yield _object(number, row)
    differing.tell(note)


def _decoded(source: Path, note: Callable[[Message], None]) -> str:
    """Raises: Unreadable."""
    try:
        found = decode(source.read_bytes())
    except Problem as problem:
        raise Unreadable(problem.said) from None
    if found.encoding == "cp949":
        note(message("read_as_cp949"))
    return found.text


class _DifferingCaptions:
    """Counts objects with several captions that differ, by the key that is taken and the one that is not."""

    def __init__(self) -> None:
        self._rows: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], int] = {}

    def compare(self, line: int, row: Any) -> None:
        filled = [key for key in CAPTION_COLUMNS if row.get(key) is not None] if isinstance(row, dict) else []
        for key in filled[1:]:
            if row[key] not in ("", row[filled[0]]):
                self._rows[filled[0], key] += 1
                self._first.setdefault((filled[0], key), line)

    def tell(self, note: Callable[[Message], None]) -> None:
        for (used, ignored), rows in self._rows.items():
            line = self._first[used, ignored]
            note(message("columns_differ", used=used, ignored=ignored, rows=rows, line=line))


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
    reason = reason_unreadable(named, caption)
    if reason is not None:
        return Fault.of(Rejected(line, "", reason))
    return _entry(line, named, caption.strip(), kind.strip())


def _entry(line: int, named: str, caption: str, kind: str) -> Entry | Fault:
    name = named.strip()
    if not name:
        return Fault(line, message("file_unnamed", line=line))
    suffix_says = "image" if is_image(name) else "video"
    if kind.lower() not in ("", suffix_says):
        return Fault(line, message("media_type", line=line, column=TYPE_COLUMN, value=kind[:40], kind=suffix_says))
    return Entry(line, named, caption, suffix_says == "image")
