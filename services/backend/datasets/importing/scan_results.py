"""Stores the facts of a scan in the manifest, together with the offset up to which they were read."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from services.backend.datasets.manifest.manifest import Manifest, get, number, put
from services.backend.datasets.quality import conversions, flagging
from services.backend.datasets.quality.rulebook import RULES
from trainer.contract.scan import PASSING_DAMAGES, Caption, Media, Tokenizer, caption_key
from trainer.contract.tasks import TaskDir

_BLOCK_BYTES = 1 << 21
"""Read in one transaction, a few thousand facts."""
_ONE_LANGUAGE = ("Han", "Hiragana", "Katakana", "Bopomofo")
_ON_MEDIA = [rule for rule in RULES if rule.about != "caption" and rule.id != flagging.NEAR]
ON_CAPTIONS = [rule for rule in RULES if rule.about == "caption"]

Fact = Media | Caption | Tokenizer
_FIELDS = (
    "damage", "message", "container", "codec", "width", "height", "rotation", "frames", "fps", "duration_s", "motion",
    "cut", "sharpness", "brightness", "dark", "burnt", "bars", "scanner",
)  # fmt: skip
"""Of a fact that are columns of `media`, whatever scanner tells it."""


def is_unfinished(sql: sqlite3.Connection) -> bool:
    """Check whether the last scan may have facts that were not read."""
    return bool(get(sql, "scan", {}).get("going"))


def read_on(manifest: Manifest, folder: TaskDir, is_over: bool) -> None:
    """Store the facts that are there now; if `is_over`, they are all. Raises: OSError, Conflict."""
    more = True
    while more:
        with manifest.write() as sql:
            scan = get(sql, "scan", {})
            if not scan or scan["task_id"] != folder.path.name:
                return
            found, offset = folder.read(scan["offset"], _BLOCK_BYTES)
            more = offset > scan["offset"]
            store_facts(sql, folder.path.name, [fact for fact in map(parse_fact, found) if fact is not None])
            if is_over and not more:
                flagging.update_flags(sql)
                scan["going"] = False
            scan["offset"] = offset
            put(sql, scan=scan)


def store_facts(sql: sqlite3.Connection, task: str, facts: Sequence[Fact]) -> None:
    """Store facts, and update the flags of the rows that they concern."""
    for fact in facts:
        if isinstance(fact, Tokenizer):
            _count_by(sql, fact)
    media = [_media_row(task, fact) for fact in facts if isinstance(fact, Media)]
    words = [_words_row(fact) for fact in facts if isinstance(fact, Caption)]
    if media:
        names = tuple(media[0])
        values = ", ".join(f":{name}" for name in names)
        sql.executemany(f"INSERT OR REPLACE INTO media ({', '.join(names)}) VALUES ({values})", media)
        _choose_content(sql, [row["key"] for row in media])
        flagging.update_flags(sql, _ON_MEDIA, chosen=True)
    if words:
        sql.executemany("INSERT OR REPLACE INTO words VALUES (?, ?, ?, ?, ?)", words)
        _put_keys(sql, [row[0] for row in words])
        flagging.choose(sql, "SELECT id FROM item WHERE caption_key IN (SELECT key FROM temp.keys)")
        flagging.update_flags(sql, ON_CAPTIONS, chosen=True)


def _count_by(sql: sqlite3.Connection, tokenizer: Tokenizer) -> None:
    """Note the tokenizer; the counts of another one are dropped."""
    before = get(sql, "tokenizer", {})
    put(sql, tokenizer={name: getattr(tokenizer, name) for name in ("model", "folder", "is_own", "message")})
    if before.get("folder") != tokenizer.folder:
        sql.execute("DELETE FROM words")
    flagging.update_flags(sql, ON_CAPTIONS)


def _choose_content(sql: sqlite3.Connection, media: list[int]) -> None:
    """Choose the items of these files, and all of the same content as one of them."""
    _put_keys(sql, media)
    sql.execute(
        "INSERT OR IGNORE INTO temp.keys SELECT other.key FROM temp.keys AS mine "
        "JOIN media ON media.key = mine.key JOIN media AS other ON other.content = media.content"
    )
    flagging.choose(sql, "SELECT id FROM item WHERE media_key IN (SELECT key FROM temp.keys)")


def _put_keys(sql: sqlite3.Connection, keys: list[int]) -> None:
    sql.execute("CREATE TEMP TABLE IF NOT EXISTS keys (key INTEGER PRIMARY KEY)")
    sql.execute("DELETE FROM temp.keys")
    sql.executemany("INSERT OR IGNORE INTO temp.keys VALUES (?)", [(key,) for key in keys])


def parse_fact(fact: dict[str, Any]) -> Fact | None:
    """Parse a fact; None if it is not one of a scan, as another scanner may write."""
    try:
        found: Fact = msgspec.convert(fact, Fact)
        if not isinstance(found, Tokenizer):
            number(found.key)
        if isinstance(found, Media) and found.hash64:
            number(found.hash64)
    except (msgspec.ValidationError, ValueError):
        return None
    return found


def _media_row(task: str, fact: Media) -> dict[str, Any]:
    """Return the values of a row of `media` by column."""
    offset, length = fact.thumbnail or (None, None)
    tells_conversions = fact.scanner > 0 and fact.width is not None
    return {
        "key": number(fact.key),
        "task": task,
        **{name: getattr(fact, name) for name in _FIELDS},
        **{name: getattr(fact, name) if tells_conversions else None for name in conversions.COLUMNS},
        "content": number(caption_key(fact.fingerprint)) if fact.fingerprint else None,
        "hash64": number(fact.hash64) if fact.hash64 else None,
        "thumbnail_offset": offset,
        "thumbnail_bytes": length,
        "is_done": bool(fact.frames_seen or (fact.damage and fact.damage not in PASSING_DAMAGES)),
    }


def _words_row(fact: Caption) -> tuple[Any, ...]:
    by_language: dict[str, int] = {}
    for script, letters in fact.scripts.items():
        language = "Han" if script in _ONE_LANGUAGE else script
        by_language[language] = by_language.get(language, 0) + letters
    letters = sum(by_language.values())
    foreign = 1 - max(by_language.values()) / letters if letters else 0.0
    return number(fact.key), fact.tokens, fact.misdecoded, foreign, json.dumps(fact.scripts)
