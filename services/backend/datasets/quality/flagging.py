"""Flagging: keeps the flags of a manifest's items up to date with its rules, of all items or of changed ones."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from services.backend.datasets.manifest.manifest import get
from services.backend.datasets.quality.conversions import CONDITIONS
from services.backend.datasets.quality.rulebook import DEFAULT_TARGET, RULES, Columns, Rule, near_duplicates

NEAR = "near_duplicate"
BY_TOKENS = "caption_long"
"""Flags nothing if tokens were not counted by the model's own tokenizer."""
CONTENT = "COALESCE(media.content, item.media_key)"
"""A key of a file's content; of the file itself if it was not measured."""
JOINED = "item LEFT JOIN media ON media.key = item.media_key LEFT JOIN words ON words.key = item.caption_key"

_COLUMNS: dict[str, tuple[str, Any]] = {
    "id": ("item.id", np.int64),
    "flags": ("item.flags", np.int64),
    "is_image": ("item.is_image", bool),
    "is_damaged": ("COALESCE(media.damage, '') <> ''", bool),
    "content": (CONTENT, np.int64),
    "has_hash": ("media.hash64 IS NOT NULL", bool),
    "hash64": ("COALESCE(media.hash64, 0)", np.int64),
    "caption_key": ("item.caption_key", np.int64),
    "is_empty": ("item.caption = ''", bool),
    "is_misdecoded": ("COALESCE(words.misdecoded, 0)", bool),
    "is_held_out": ("item.split IS 'validation'", bool),
    "is_trained": ("item.split IS 'train'", bool),
    **{name: (f"media.{name}", float) for name in ("width", "height", "frames", "motion", "cut", "sharpness")},
    **{name: (f"media.{name}", float) for name in ("dark", "burnt", "bars", "pixel_aspect")},
    "fps": ("CASE WHEN NOT item.is_image THEN media.fps END", float),
    "is_interlaced": (f"COALESCE({CONDITIONS['interlaced']}, 0)", bool),
    "is_hdr": (f"COALESCE({CONDITIONS['hdr']}, 0)", bool),
    "has_alpha": (f"COALESCE({CONDITIONS['alpha']}, 0)", bool),
    **{name: (f"words.{name}", float) for name in ("tokens", "foreign_share")},
}


@dataclass(frozen=True)
class Choices:
    """The settings of the rules; `target` is height and width."""

    target: tuple[int, int]
    thresholds: dict[str, float]
    disabled: frozenset[str]
    unknown: frozenset[str]
    """Rules whose measurements are missing."""

    def threshold(self, rule: Rule) -> float | None:
        return self.thresholds.get(rule.id, rule.default)


def choices(sql: sqlite3.Connection) -> Choices:
    """Read the settings of the rules from a manifest."""
    found = get(sql, "rules", {})
    height, width = found.get("target", DEFAULT_TARGET)
    has_tokens = get(sql, "tokenizer", {}).get("is_own", True)
    return Choices(
        target=(height, width),
        thresholds=found.get("thresholds", {}),
        disabled=frozenset(found.get("disabled", ())),
        unknown=frozenset() if has_tokens else frozenset((BY_TOKENS,)),
    )


def update_flags(sql: sqlite3.Connection, rules: Iterable[Rule] = RULES, chosen: bool = False) -> None:
    """Update the flags of these rules, of all items or of those in the temporary table `chosen`.

    For a rule that compares items, `chosen` must hold all that are to be compared with each other; near-duplicates are
    flagged among all items only.
    """
    rules, picks = list(rules), choices(sql)
    names = dict.fromkeys(["id", "flags", *(name for rule in rules for name in rule.columns)])
    columns, leaders = load(sql, names, chosen), np.empty(0, dtype=np.int64)
    flags = columns["flags"].copy()
    for rule in rules:
        flags &= ~rule.bit
        if rule.id in picks.disabled or rule.id in picks.unknown:
            continue
        if rule.id == NEAR:
            leaders = near_duplicates(columns, picks.threshold(rule) or 0.0)
            flags[leaders >= 0] |= rule.bit
        else:
            flags[rule.flag(columns, picks.threshold(rule) or 0.0, picks.target)] |= rule.bit
    changed = np.flatnonzero(flags != columns["flags"])
    rows = zip(flags[changed].tolist(), columns["id"][changed].tolist(), strict=True)
    sql.executemany("UPDATE item SET flags = ? WHERE id = ?", rows)
    if any(rule.id == NEAR for rule in rules):
        _link(sql, columns, leaders)


def load(sql: sqlite3.Connection, names: Iterable[str], chosen: bool = False) -> Columns:
    """Load these columns of all items, or of those in `chosen`, in the order of the source."""
    names = list(names)
    wanted = ", ".join(_COLUMNS[name][0] for name in names)
    among = "WHERE item.id IN (SELECT id FROM temp.chosen)" if chosen else ""
    cursor = sql.cursor()
    cursor.row_factory = None  # plain tuples are made in half the time
    rows = cursor.execute(f"SELECT {wanted} FROM {JOINED} {among} ORDER BY item.id").fetchall()
    values: Iterable[tuple[Any, ...]] = zip(*rows, strict=True) if rows else [()] * len(names)
    return {name: np.array(column, dtype=_COLUMNS[name][1]) for name, column in zip(names, values, strict=True)}


def choose(sql: sqlite3.Connection, query: str, parameters: Iterable[object] = ()) -> None:
    """Fill the temporary table `chosen` with the ids that `query` finds."""
    sql.execute("CREATE TEMP TABLE IF NOT EXISTS chosen (id INTEGER PRIMARY KEY)")
    sql.execute("DELETE FROM temp.chosen")
    sql.execute(f"INSERT OR IGNORE INTO temp.chosen {query}", tuple(parameters))


def _link(sql: sqlite3.Connection, columns: Columns, leaders: npt.NDArray[np.int64]) -> None:
    sql.execute("UPDATE item SET alike = NULL WHERE alike IS NOT NULL")
    mine = np.flatnonzero(leaders >= 0)
    pairs = zip(columns["id"][leaders[mine]].tolist(), columns["id"][mine].tolist(), strict=True)
    sql.executemany("UPDATE item SET alike = ? WHERE id = ?", pairs)
