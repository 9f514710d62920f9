"""Exports a data set for other tools: the same manifest gives the same bytes.

Captions are written as they are, even if a spreadsheet would take one for a formula: these tables are for trainers,
which must train on what was seen.
"""

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from fastapi.responses import StreamingResponse

from services.backend.datasets.manifest.manifest import get
from services.backend.datasets.quality.rulebook import RULES
from services.backend.datasets.store import Store
from trainer.contract.table.writer import encode_rows

Format = Literal["metadata", "manifest", "quarantine"]
MEDIA_TYPES: dict[Format, str] = {
    "metadata": "text/csv",
    "manifest": "application/x-ndjson",
    "quarantine": "text/csv",
}
_NAMES: dict[Format, str] = {"metadata": "metadata.csv", "manifest": "manifest.jsonl", "quarantine": "quarantine.csv"}
_PIECE_ROWS = 2_000
"""Rows in one piece of the answer."""


def answer(store: Store, dataset_id: int, form: Format) -> StreamingResponse:
    """Stream an export. Raises: NotFound, Conflict, before anything is sent."""
    pieces = _pieces(store, dataset_id, form)
    next(pieces)
    headers = {"Content-Disposition": f'attachment; filename="dataset-{dataset_id}-{_NAMES[form]}"'}
    return StreamingResponse(pieces, media_type=MEDIA_TYPES[form], headers=headers)


def used_table(sql: sqlite3.Connection) -> tuple[Path, Iterator[bytes]]:
    """Make a run's table of the used rows. Returns the folder that its paths begin at, and the table in pieces.

    The folder is the data set's, or one above it if some of the files lie elsewhere.
    """
    base = get(sql, "base", "/")
    folders = {os.path.dirname(path) for (path,) in sql.execute("SELECT path FROM item WHERE NOT quarantined")}
    if not all(folder == base or folder.startswith(base.rstrip("/") + "/") for folder in folders):
        base = os.path.commonpath([base, *folders])
    return Path(base), _metadata(sql, base, has_split(sql))


def has_split(sql: sqlite3.Connection) -> bool:
    """Check whether any used row is held out."""
    query = "SELECT EXISTS (SELECT 1 FROM item WHERE split = 'validation' AND NOT quarantined)"
    return bool(sql.execute(query).fetchone()[0])


def _pieces(store: Store, dataset_id: int, form: Format) -> Iterator[bytes]:
    """Yield an empty piece once the manifest is open, then the content, all of one state of the manifest."""
    with store.open(dataset_id) as manifest, manifest.read() as sql:
        base = get(sql, "base", "/")
        yield b""
        match form:
            case "metadata":
                yield from _metadata(sql, base, False)
            case "manifest":
                yield from _manifest(sql, base)
            case "quarantine":
                yield from _quarantine(sql, base)


def _metadata(sql: sqlite3.Connection, base: str, with_split: bool) -> Iterator[bytes]:
    columns = ("video", "image", "prompt", "split") if with_split else ("video", "image", "prompt")
    yield encode_rows([columns])
    for rows in _chunks(sql, "path, is_image, caption, COALESCE(split, 'train')", "NOT quarantined"):
        yield encode_rows([_media_row(base, *row)[: len(columns)] for row in rows])


def _media_row(base: str, path: str, is_image: int, caption: str, split: str) -> tuple[str, ...]:
    name = os.path.relpath(path, base)
    return ("", name, caption, split) if is_image else (name, "", caption, split)


def _manifest(sql: sqlite3.Connection, base: str) -> Iterator[bytes]:
    names = ("line", "path", "caption", "source_caption", "is_image", "size_bytes", "reason", "split", "flags")
    for rows in _chunks(sql, ", ".join(names), "1"):
        lines = []
        for row in rows:
            found = dict(zip(names, row, strict=True))
            found |= {"file": os.path.relpath(found.pop("path"), base), "is_image": bool(found["is_image"])}
            found["flags"] = [rule.id for rule in RULES if found["flags"] & rule.bit]
            lines.append(json.dumps(found, ensure_ascii=False, sort_keys=True))
        yield "".join(f"{line}\n" for line in lines).encode()


def _quarantine(sql: sqlite3.Connection, base: str) -> Iterator[bytes]:
    yield encode_rows([("file", "reason")])
    for rows in _chunks(sql, "path, reason", "quarantined"):
        yield encode_rows([(os.path.relpath(path, base), reason) for path, reason in rows])


def _chunks(sql: sqlite3.Connection, columns: str, condition: str) -> Iterator[list[tuple[Any, ...]]]:
    found = sql.execute(f"SELECT {columns} FROM item WHERE {condition} ORDER BY id")
    while rows := found.fetchmany(_PIECE_ROWS):
        yield [tuple(row) for row in rows]
