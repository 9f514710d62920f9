"""Splits off rows for validation: all rows of a file, and of files of the same content, are on one side."""

import hashlib
import os
import sqlite3
from collections import Counter

from services.backend.datasets.change_schemas import Group, GroupSplit, SeedSplit, Split, SplitDone
from services.backend.datasets.decisions import actions
from services.backend.datasets.manifest.manifest import get
from services.backend.datasets.quality import flagging
from services.backend.datasets.store import Store
from services.backend.errors import Invalid
from trainer.contract.messages import message, sentence

_GROUPS = 1000


def split(store: Store, dataset_id: int, request: Split) -> SplitDone:
    """Replace the split of the data set. Raises: NotFound, Conflict, Invalid."""
    with store.open(dataset_id) as manifest, manifest.write() as sql:
        rows = sql.execute(
            f"SELECT item.id, {flagging.CONTENT}, path, quarantined FROM item "
            "LEFT JOIN media ON media.key = item.media_key ORDER BY item.id"
        ).fetchall()
        held: set[int] = set()
        match request:
            case SeedSplit():
                label, held = sentence("action.split_by_seed", seed=request.seed), _by_seed(rows, request)
            case GroupSplit():
                label, held = sentence("action.split_by_folder"), _by_group(sql, rows, request)
            case _:
                label = sentence("action.no_split")
        sides = ("train", "validation") if held else (None, None)
        actions.act(sql, label, "split", [(item, sides[content in held]) for item, content, _, _ in rows])
        used = [content in held for _, content, _, quarantined in rows if not quarantined]
    return SplitDone(training=len(used) - sum(used), validation=sum(used))


def groups(store: Store, dataset_id: int) -> list[Group]:
    """List the folders to split by. Raises: NotFound, Conflict."""
    with store.open(dataset_id) as manifest, manifest.read() as sql:
        base = get(sql, "base", "")
        counts = Counter(_below(path, base).rpartition("/")[0] for (path,) in sql.execute("SELECT path FROM item"))
    largest = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_GROUPS]
    return [Group(prefix=f"{folder}/", count=count) for folder, count in largest if folder]


def _by_seed(rows: list[tuple[int, int, str, int]], request: SeedSplit) -> set[int]:
    """Choose the contents to hold out by a hash of the seed and their first file, so that added or removed rows change
    few others. Quarantined rows do not count. Raises: Invalid."""
    if (request.share is None) == (request.count is None):
        raise Invalid(message("split_size"), "share")
    names: dict[int, str] = {}
    for _, content, path, quarantined in rows:
        if not quarantined:
            names.setdefault(content, path)
    count = request.count if request.count is not None else max(1, round(len(names) * (request.share or 0)))
    if count >= len(names):
        said = message("split_too_large.some", held=count, files=len(names))
        raise Invalid(said, "count" if request.count else "share")

    def place(content: int) -> bytes:
        return hashlib.blake2b(f"{request.seed}\0{names[content]}".encode(), digest_size=16).digest()

    return set(sorted(names, key=place)[:count])


def _by_group(sql: sqlite3.Connection, rows: list[tuple[int, int, str, int]], request: GroupSplit) -> set[int]:
    """Choose the contents to hold out by their folder. Raises: Invalid."""
    base, prefixes = get(sql, "base", ""), tuple(request.prefixes)
    held = {content for _, content, path, _ in rows if _below(path, base).startswith(prefixes)}
    used = {content for _, content, _, quarantined in rows if not quarantined}
    if not held & used:
        raise Invalid(message("split_empty"), "prefixes")
    if held >= used:
        raise Invalid(message("split_too_large.all"), "prefixes")
    return held


def _below(path: str, base: str) -> str:
    return os.path.relpath(path, base)
