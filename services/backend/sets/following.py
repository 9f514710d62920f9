"""Takes what a scan finds into the manifest: facts and the place they were read to in one transaction."""

import json
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from services.backend.sets import judging
from services.backend.sets.manifest import Manifest, get, number, put
from services.backend.sets.rulebook import RULES
from trainer.contract.scan import Caption, Media, caption_key
from trainer.contract.tasks import TASKS, End, Progress, TaskDir

_BLOCK_BYTES = 1 << 21
"""Read in one transaction: a few thousand facts."""
_ONE_LANGUAGE = ("Han", "Hiragana", "Katakana", "Bopomofo")
_NEAR = [rule for rule in RULES if rule.id == judging.NEAR]
_OTHERS = [rule for rule in RULES if rule.id != judging.NEAR]

Fact = Media | Caption | Progress | End
_MEDIA_COLUMNS = (
    "damage", "message", "container", "codec", "width", "height", "rotation", "frames", "fps", "duration_s", "motion",
    "cut", "sharpness", "brightness", "dark", "burnt", "bars",
)  # fmt: skip


def is_going(sql: sqlite3.Connection) -> bool:
    scan = get(sql, "scan", None)
    return scan is not None and scan["state"] in ("queued", "running")


def read_on(manifest: Manifest, logs_dir: Path) -> bool:
    """Read what there is now. Whether the scan goes on. Raises: OSError."""
    while True:
        with manifest.write() as sql:
            scan = get(sql, "scan", None)
            if scan is None or scan["state"] not in ("queued", "running"):
                return False
            folder = TaskDir(logs_dir / TASKS / scan["task_id"])
            found, offset = folder.read(scan["offset"], _BLOCK_BYTES)
            more = offset > scan["offset"]
            take(sql, scan, [fact for fact in map(_understood, found) if fact is not None])
            scan["offset"] = offset
            if not more and scan["state"] in ("queued", "running") and _was_given_up(folder):
                scan["state"] = "stopped"
            is_over = not more and scan["state"] not in ("queued", "running")
            if is_over:
                judging.judge(sql, _NEAR)
            put(sql, scan=scan)
        if not more:
            return not is_over


def take(sql: sqlite3.Connection, scan: dict[str, Any], facts: Iterable[Fact]) -> None:
    """Put facts into the tables and into `scan`, and judge the rows that they are about."""
    media: list[tuple[Any, ...]] = []
    words: list[tuple[Any, ...]] = []
    for fact in facts:
        match fact:
            case Media():
                media.append(_media_row(scan["task_id"], fact))
            case Caption():
                words.append(_words_row(fact))
            case Progress():
                scan |= {"state": "running", "phase": fact.phase, "done": fact.done, "total": fact.total}
                scan["left_s"] = fact.left_s
            case End():
                scan |= {"state": fact.reason, "code": fact.code, "message": fact.message, "hint": fact.hint}
    if not media and not words:
        return
    if media:
        sql.executemany(f"INSERT OR REPLACE INTO media VALUES ({', '.join('?' * len(media[0]))})", media)
    sql.executemany("INSERT OR REPLACE INTO words VALUES (?, ?, ?, ?, ?)", words)
    _choose(sql, [row[0] for row in media], [row[0] for row in words])
    judging.judge(sql, _OTHERS, chosen=True)


def _choose(sql: sqlite3.Connection, media: list[int], words: list[int]) -> None:
    """The items of these keys, and all of the same content or caption as one of them."""
    for name, keys in (("media_keys", media), ("word_keys", words)):
        sql.execute(f"CREATE TEMP TABLE IF NOT EXISTS {name} (key INTEGER PRIMARY KEY)")
        sql.execute(f"DELETE FROM temp.{name}")
        sql.executemany(f"INSERT OR IGNORE INTO temp.{name} VALUES (?)", [(key,) for key in keys])
    sql.execute(
        "INSERT OR IGNORE INTO temp.media_keys SELECT other.key FROM temp.media_keys AS mine "
        "JOIN media ON media.key = mine.key JOIN media AS other ON other.content = media.content"
    )
    judging.choose(
        sql,
        "SELECT id FROM item WHERE media_key IN (SELECT key FROM temp.media_keys) "
        "UNION SELECT id FROM item WHERE caption_key IN (SELECT key FROM temp.word_keys)",
    )
    # Whoever shares a caption with one of them, or a file, is compared with it.
    sql.execute(
        "INSERT OR IGNORE INTO temp.chosen SELECT id FROM item WHERE caption_key IN "
        "(SELECT caption_key FROM item JOIN temp.chosen USING (id))"
    )


def _understood(fact: dict[str, Any]) -> Fact | None:
    try:
        found = msgspec.convert(fact, Fact)
        if isinstance(found, Media | Caption):
            number(found.key)
        if isinstance(found, Media) and found.hash64:
            number(found.hash64)
    except (msgspec.ValidationError, ValueError):
        return None
    return found


def _media_row(task: str, fact: Media) -> tuple[Any, ...]:
    content = number(caption_key(fact.fingerprint)) if fact.fingerprint else None
    hashed = number(fact.hash64) if fact.hash64 else None
    first = [getattr(fact, name) for name in _MEDIA_COLUMNS]
    place = fact.thumbnail or (None, None)
    return (number(fact.key), task, *first[:10], content, hashed, *first[10:], *place)


def _words_row(fact: Caption) -> tuple[Any, ...]:
    by_language: dict[str, int] = {}
    for script, letters in fact.scripts.items():
        language = "Han" if script in _ONE_LANGUAGE else script
        by_language[language] = by_language.get(language, 0) + letters
    letters = sum(by_language.values())
    foreign = 1 - max(by_language.values()) / letters if letters else 0.0
    return number(fact.key), fact.tokens, fact.misdecoded, foreign, json.dumps(fact.scripts)


def _was_given_up(folder: TaskDir) -> bool:
    """Whether it was asked to leave and no process does it: it had not begun, or was lost."""
    if not folder.stop.exists():
        return False
    fd = folder.take_lock()
    if fd is None:
        return False
    os.close(fd)
    return True
