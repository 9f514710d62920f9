"""What SQLite alone answers to a query of the grid, to hold the quick way against."""

import itertools
import sqlite3
from collections.abc import Iterator
from typing import Any, get_args

from services.backend.datasets.grid.filtering import where
from services.backend.datasets.item_schemas import ItemQuery, Sort
from services.backend.datasets.quality.flagging import JOINED

KEYS: dict[Sort, str] = {
    "order": "item.id",
    "file": "item.file",
    "size": "media.width * media.height",
    "frames": "media.frames",
    "duration": "media.duration_s",
    "caption": "NULLIF(LENGTH(item.caption), 0)",
    "motion": "media.motion",
    "cut": "media.cut",
    "sharpness": "media.sharpness",
    "brightness": "media.brightness",
}


def by_sql(sql: sqlite3.Connection, asked: ItemQuery) -> list[int]:
    """All ids, in order."""
    condition, parameters = where(asked)
    key, direction = KEYS[asked.sort], "DESC" if asked.descending else "ASC"
    found = sql.execute(
        f"SELECT item.id FROM {JOINED} WHERE item.id IN (SELECT id FROM item WHERE {condition}) "
        f"ORDER BY {key} IS NULL, {key} {direction}, item.id",
        parameters,
    )
    return [row[0] for row in found]


def orders() -> Iterator[ItemQuery]:
    for sort, descending in itertools.product(get_args(Sort), (False, True)):
        yield ItemQuery(sort=sort, descending=descending)


def filters(*texts: str) -> Iterator[ItemQuery]:
    """Filters of each kind alone, and some of them together."""
    each: list[dict[str, Any]] = [
        {"kind": "video"},
        {"kind": "image"},
        {"state": "used"},
        {"state": "quarantined"},
        {"split": "train"},
        {"split": "validation"},
        *({"conversion": conversion} for conversion in ("hdr", "interlaced", "alpha", "turned")),
        {"fps": 24.0},
        {"conversion": "interlaced", "fps": 25.0, "sort": "motion"},
        *({"rule": rule} for rule in ("too_few_frames", "caption_repeated", "caption_empty", "near_duplicate", "leak")),
        *({"q": text} for text in texts),
        {"rule": "caption_repeated", "kind": "image", "sort": "sharpness", "descending": True},
        *({"q": text, "state": "used", "sort": "caption"} for text in texts),
    ]
    for fields in each:
        yield ItemQuery(**fields)
