"""Counts the samples of a data set from its table or manifest, without opening a clip; cached until it changes."""

import os
import sqlite3
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import replace
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
from trainer.contract.table.file_names import have_changed
from trainer.contract.table.usable import UsableRow, read_usable, reason_of

KEPT_TABLES = 8
"""Tables whose samples are cached."""
MAY_BE_READ = ("changed", "truncated", "decode_error", "disk_error", "too_slow", "killed_decoder")
"""Damages with which the first frames, all that a run decodes, may be whole. Files with others are left out."""
_WHY = {
    "video_empty": "no_file",
    "path_outside": "no_file",
    "clip_missing": "no_file",
    "name_ambiguous": "no_file",
    "caption_empty": "no_caption",
    "split_unknown": "split_unknown",
}
"""By a row's code why the plan leaves it out; of all others because the row is unreadable."""


class _Counted(NamedTuple):
    """What was counted of a table, and the state that it and the folders of its files were in."""

    state: tuple[int, int]
    folders: dict[str, int]
    samples: Samples


_known: OrderedDict[tuple[str, str], _Counted] = OrderedDict()
_lock = Lock()


def of_table(base: Path, table: Path) -> Samples:
    """Count the rows of `table` that a run can use of the files below `base`. Raises: Problem."""
    key = (str(base), str(table))
    try:
        status = table.stat()
    except FileNotFoundError:
        raise Problem(message("metadata_missing.run_table", path=table), "dataset_metadata_path") from None
    except OSError as error:
        raise Problem(message("metadata_unreadable.run", table=table, error=error), "dataset_metadata_path") from None
    state = (status.st_mtime_ns, status.st_size)
    with _lock:
        if key not in _known or _known[key].state != state or have_changed(_known[key].folders):
            found = read_usable(base, table)
            left_out = Counter(_WHY.get(row.code, "unreadable") for row in found.rejected)
            unknown = ((row, Kind(is_image(row.file), None), "") for row in found.rows)
            samples = replace(_count(unknown, left_out), notes=tuple(found.notes))
            _known[key] = _Counted(state, found.folders, samples)
            while len(_known) > KEPT_TABLES:
                _known.popitem(last=False)
        _known.move_to_end(key)
        return _known[key].samples


def of_manifest(sql: sqlite3.Connection) -> Samples:
    """Count the used rows of a data set, with what scans have measured."""
    (quarantined,) = sql.execute("SELECT COUNT(*) FROM item WHERE quarantined").fetchone()
    base, _ = export.used_table(sql)
    unsplit = "train" if export.has_split(sql) else ""
    inside = str(base).rstrip(os.sep) + os.sep
    cursor = sql.cursor()
    cursor.row_factory = None  # plain tuples are made in half the time
    rows = cursor.execute(
        "SELECT line, path, caption, split, damage, height, width, frames, fps FROM item LEFT JOIN media"
        " ON media.key = item.media_key WHERE NOT quarantined ORDER BY item.id"
    )
    left_out = Counter(quarantined=quarantined)
    usable: list[tuple[UsableRow, Kind, str]] = []
    for line, path, caption, split, damage, height, width, frames, fps in rows:
        row = UsableRow(line, path.removeprefix(inside), path, caption.strip(), unsplit and (split or unsplit))
        reason = reason_of(row.caption, row.split)
        if reason is not None:
            left_out[_WHY[reason.code]] += 1
        elif damage and damage not in MAY_BE_READ:
            left_out["damaged"] += 1
        else:
            size = Shape(height, width, frames) if height and width and frames and not damage else None
            usable.append((row, Kind(is_image(row.file), size, fps if size else None), damage or ""))
    return _count(usable, left_out)


def used_files(sql: sqlite3.Connection) -> list[tuple[str, str]]:
    """List the path and the caption of each row of a data set that a run takes."""
    marks = ", ".join("?" * len(MAY_BE_READ))
    found = sql.execute(
        "SELECT path, caption FROM item LEFT JOIN media ON media.key = item.media_key WHERE NOT quarantined"
        f" AND COALESCE(damage, '') IN ('', {marks})",
        MAY_BE_READ,
    )
    return [(path, caption.strip()) for path, caption in found if caption.strip()]


def _count(usable: Iterable[tuple[UsableRow, Kind, str]], left_out: Counter[str]) -> Samples:
    """Count usable rows, each with its kind and the damage that a scan found, if there was one."""
    rows, doubtful, has_split = left_out.total(), 0, False
    captions: set[str] = set()
    numbers: dict[Kind, int] = {}
    files: dict[str, tuple[str, int]] = {}
    """By a file's path, its first name in the table and the index of its kind."""
    counts: Counter[str] = Counter()
    held: set[str] = set()
    for row, kind, damage in usable:
        rows += 1
        doubtful += bool(damage)
        files.setdefault(row.path, (row.file, numbers.setdefault(kind, len(numbers))))
        counts[row.path] += 1
        captions.add(row.caption)
        has_split = has_split or bool(row.split)
        if row.split == "validation":
            held.add(row.path)
    names = {path: held_out.place(name) for path, (name, _) in files.items()}
    order = sorted(files, key=names.__getitem__)
    return Samples(
        rows=rows,
        left_out={why: count for why, count in left_out.items() if count},
        doubtful=doubtful,
        captions=len(captions),
        characters=sum(map(len, captions)),
        kinds=Kinds.of(list(numbers)),
        files=np.array([files[path][1] for path in order], np.int64),
        repeats=np.array([counts[path] for path in order], np.int64),
        order=np.arange(len(order)),
        names=np.frombuffer(b"".join(names[path] for path in order), "V16"),
        paths=np.array([hash(path) for path in order], np.int64),
        held=np.array([path in held for path in order], bool) if has_split else None,
    )
