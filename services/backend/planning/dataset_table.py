"""Counts the samples of a data set from its table or manifest, without opening a file; cached until it changes."""

import csv
import os
import re
import sqlite3
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np

from services.backend.datasets import export
from services.backend.planning.samples import Kind, Kinds, Samples
from trainer.contract.media import is_image
from trainer.contract.messages import message
from trainer.contract.plan import held_out
from trainer.contract.problem import Problem
from trainer.contract.shape import Shape

KEPT_TABLES = 8
"""Tables whose samples are cached."""
SPLITS = ("", "train", "validation")
MAY_BE_READ = ("changed", "truncated", "decode_error", "disk_error", "too_slow", "killed_decoder")
"""Damages with which the first frames, all that a run decodes, may be whole. Files with others are left out."""
_DETOUR = re.compile(r"^[/.]|/[/.]|/$")
"""Found in names that are not the plain path of a file within the folder."""


class Listed(NamedTuple):
    """A row. `size` and `damage` are what a scan found, if there was one."""

    file: str
    caption: str
    split: str
    size: Shape | None = None
    damage: str = ""


_known: "OrderedDict[tuple[str, str], tuple[tuple[int, int], Samples]]" = OrderedDict()
_lock = Lock()


def of_table(base: Path, table: Path) -> Samples:
    """Count what `table` lists of the files below `base`. Raises: Problem."""
    try:
        status = table.stat()
        state = (status.st_mtime_ns, status.st_size)
        key = (str(base), str(table))
        with _lock:
            if key not in _known or _known[key][0] != state:
                _known[key] = (state, _count(base, _rows(table), Counter()))
                while len(_known) > KEPT_TABLES:
                    _known.popitem(last=False)
            _known.move_to_end(key)
            return _known[key][1]
    except FileNotFoundError:
        raise Problem(message("metadata_missing.run_table", path=table), "dataset_metadata_path") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        said = message("metadata_unreadable.plan", path=table, error=error)
        raise Problem(said, "dataset_metadata_path") from None


def of_manifest(sql: sqlite3.Connection) -> Samples:
    """Count the used rows of a data set, with what scans have measured."""
    (quarantined,) = sql.execute("SELECT COUNT(*) FROM item WHERE quarantined").fetchone()
    base, _ = export.used_table(sql)
    unsplit = "train" if export.has_split(sql) else ""
    inside = str(base).rstrip(os.sep) + os.sep
    cursor = sql.cursor()
    cursor.row_factory = None  # plain tuples are made in half the time
    rows = cursor.execute(
        "SELECT path, caption, split, damage, height, width, frames FROM item LEFT JOIN media"
        " ON media.key = item.media_key WHERE NOT quarantined ORDER BY item.id"
    )
    listed = (
        Listed(
            path.removeprefix(inside),
            caption.strip(),
            unsplit and (split or unsplit),
            Shape(height, width, frames) if height and width and frames else None,
            damage or "",
        )
        for path, caption, split, damage, height, width, frames in rows
    )
    return _count(base, listed, Counter(quarantined=quarantined))


def _count(base: Path, listed: Iterable[Listed], left_out: Counter[str]) -> Samples:
    """Count `listed`, rows whose files are named as in a table of `base`."""
    inside = os.path.abspath(base).rstrip(os.sep) + os.sep
    rows, doubtful, has_split = left_out.total(), 0, False
    captions: set[str] = set()
    numbers: dict[Kind, int] = {}
    files: dict[str, tuple[str, int]] = {}
    """By a file's path within `base`, its first name in the table and the index of its kind."""
    counts: Counter[str] = Counter()
    held: set[str] = set()
    for row in listed:
        rows += 1
        path = row.file
        if _DETOUR.search(path):
            whole = os.path.normpath(os.path.join(inside, path))
            path = whole[len(inside) :] if whole.startswith(inside) else ""
        if why := _reason_left_out(path, row):
            left_out[why] += 1
            continue
        doubtful += bool(row.damage)
        kind = Kind(is_image(row.file), None if row.damage else row.size)
        files.setdefault(path, (row.file, numbers.setdefault(kind, len(numbers))))
        counts[path] += 1
        captions.add(row.caption)
        has_split = has_split or bool(row.split)
        if row.split == "validation":
            held.add(path)
    order = sorted(files, key=lambda path: held_out.place(files[path][0]))
    return Samples(
        rows=rows,
        left_out={why: count for why, count in left_out.items() if count},
        doubtful=doubtful,
        captions=len(captions),
        characters=sum(map(len, captions)),
        kinds=Kinds.of(list(numbers)),
        files=np.array([files[path][1] for path in order], np.int64),
        repeats=np.array([counts[path] for path in order], np.int64),
        held=np.array([path in held for path in order], bool) if has_split else None,
    )


def _reason_left_out(path: str, row: Listed) -> str:
    """Return why the trainer leaves the row out; empty if it does not."""
    if not row.file or not path:
        return "no_file"
    if not row.caption:
        return "no_caption"
    if row.split not in SPLITS:
        return "split_unknown"
    return "damaged" if row.damage and row.damage not in MAY_BE_READ else ""


def _rows(table: Path) -> Iterator[Listed]:
    """Yield each row as `trainer.data.metadata` reads it."""
    with open(table, newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        names = [name.strip() for name in next(reader, [])]
        files = [names.index(column) for column in ("video", "image") if column in names]
        if not files or "prompt" not in names:
            said = message("metadata_column_missing.plan", path=table, column="prompt" if files else "video")
            raise Problem(said, "dataset_metadata_path")
        prompt, split = names.index("prompt"), names.index("split") if "split" in names else len(names)
        for row in reader:
            if not row:
                continue
            named = next((row[at].strip() for at in files if at < len(row) and row[at].strip()), "")
            yield Listed(
                named,
                row[prompt].strip() if prompt < len(row) else "",
                row[split].strip() if split < min(len(row), len(names)) else "",
            )
