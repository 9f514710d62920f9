"""One row of a data set: its facts, its thumbnail and its file."""

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

from fastapi import Response
from fastapi.responses import FileResponse

from services.backend.datasets.item_schemas import ItemDetail, ItemRead
from services.backend.datasets.quality import conversions, flagging
from services.backend.datasets.quality.rulebook import RULES, cropped_share
from services.backend.datasets.store import Store
from services.backend.errors import NotFound
from services.backend.paths import confine
from trainer.contract.messages import message
from trainer.contract.scan import THUMBNAILS

_DUPLICATES = 20
_MEDIA = (
    "damage", "message", "container", "codec", "width", "height", "rotation", "frames", "fps", "duration_s", "content",
    "motion", "cut", "sharpness", "brightness", "dark", "burnt", "bars", "task", "thumbnail_offset", "thumbnail_bytes",
)  # fmt: skip
QUERY = (
    f"SELECT item.*, words.tokens, words.scripts, {', '.join(f'media.{name}' for name in _MEDIA)}, "
    f"{', '.join(f'media.{name}' for name in conversions.COLUMNS)}, {conversions.BITS} AS conversions "
    f"FROM {flagging.JOINED} WHERE item.id IN ({{}})"
)
"""The rows that `item_read` takes, by a list of ids."""

HEADERS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}
FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}


def find(sql: sqlite3.Connection, item_id: int) -> sqlite3.Row:
    """Find one row. Raises: NotFound."""
    found: sqlite3.Row | None = sql.execute(QUERY.format("?"), (item_id,)).fetchone()
    if found is None:
        raise NotFound(message("item_not_found", item_id=item_id))
    return found


def read(store: Store, dataset_id: int, item_id: int) -> ItemDetail:
    """Read all about one row. Raises: NotFound, Conflict."""
    with store.open(dataset_id) as manifest, manifest.read() as sql:
        row = find(sql, item_id)
        height, width = target = flagging.choices(sql).target
        content = row["content"] if row["content"] is not None else row["media_key"]
        others = sql.execute(
            f"SELECT item.id FROM item LEFT JOIN media ON media.key = item.media_key WHERE {flagging.CONTENT} = ? "
            "AND (item.media_key IN (SELECT key FROM media WHERE content = ?) OR item.media_key = ?) "
            "AND item.id <> ? ORDER BY item.id LIMIT ?",
            (content, content, row["media_key"], item_id, _DUPLICATES),
        ).fetchall()
    has_size = bool(row["width"] and row["height"])
    return ItemDetail(
        **item_read(dataset_id, row).model_dump(),
        **{name: row[name] for name in ("line", "path", "size_bytes", "source_caption", "alike")},
        **{name: row[name] for name in ("motion", "cut", "sharpness", "brightness", "dark", "burnt", "bars")},
        **{name: row[name] or "" for name in ("damage", "container", "codec")},
        **{name: row[name] for name in conversions.COLUMNS},
        conversions=conversions.conversions_of(row["conversions"]),
        damage_message=row["message"] or "",
        rotation=row["rotation"] or 0,
        scripts=json.loads(row["scripts"] or "{}"),
        cropped=float(cropped_share(row["width"], row["height"], target)) if has_size and height and width else None,
        duplicates=[other for (other,) in others],
    )


def item_read(dataset_id: int, row: sqlite3.Row) -> ItemRead:
    url = f"/api/datasets/{dataset_id}/items/{row['id']}"
    known: dict[str, Any] = {name: row[name] for name in ("id", "file", "caption", "width", "height", "frames")}
    return ItemRead(
        **known,
        is_image=bool(row["is_image"]),
        fps=row["fps"],
        duration_s=row["duration_s"],
        tokens=row["tokens"],
        flags=[rule.id for rule in RULES if row["flags"] & rule.bit],
        quarantined=bool(row["quarantined"]),
        reason=row["reason"] or "",
        split=row["split"],
        edited=row["caption"] != row["source_caption"],
        thumbnail=None if row["thumbnail_offset"] is None else f"{url}/thumbnail?key={row['media_key'] % 2**64:016x}",
        media=f"{url}/file",
    )


def thumbnail(store: Store, dataset_id: int, item_id: int) -> Response:
    """Serve a row's thumbnail, WebP. Raises: NotFound, Conflict."""
    with store.open(dataset_id) as manifest, manifest.read() as sql:
        row = find(sql, item_id)
    missing = NotFound(message("no_thumbnail"))
    if row["thumbnail_offset"] is None:
        raise missing
    try:
        with open(store.tasks.folder(row["task"]).path / THUMBNAILS, "rb") as file:
            file.seek(row["thumbnail_offset"])
            content = file.read(row["thumbnail_bytes"])
    except OSError:
        raise missing from None
    if len(content) < row["thumbnail_bytes"]:
        raise missing
    return Response(content, media_type="image/webp", headers=HEADERS | FOREVER)


def media(store: Store, dataset_id: int, item_id: int) -> FileResponse:
    """Serve a row's file. Raises: NotFound, Conflict, Forbidden."""
    with store.open(dataset_id) as manifest, manifest.read() as sql:
        path = Path(find(sql, item_id)["path"])
    path = confine(store.data_roots, str(path), None)
    if not os.path.isfile(path):
        raise NotFound(message("file_not_found.clip", path=path))
    return FileResponse(path, headers=HEADERS)
