"""What a data set's table says of its samples without a file being looked at, remembered until it changes."""

import csv
import os
import re
from array import array
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

from services.backend.sets.manifest import Manifest, get
from trainer.contract.config import Problem
from trainer.contract.media import is_image
from trainer.contract.plan import held_out

KEPT = 8
"""Tables that are remembered."""
_DETOUR = re.compile(r"^[/.]|/[/.]|/$")
"""In a name that is not the file's path within the folder as it stands."""


@dataclass(frozen=True)
class Samples:
    """`rows` of the table, of which so many videos and images can be used; `captions`: different ones, of so many
    characters together. `is_counted`: row by row, as the trainer counts, but for files that are not there."""

    rows: int
    videos: int
    images: int
    files: int
    captions: int
    characters: int
    is_counted: bool = True
    held_videos: "array[int]" = field(default_factory=lambda: array("l"))
    held_images: "array[int]" = field(default_factory=lambda: array("l"))
    """How many rows are held out with the first n + 1 files of the order in which files are."""
    split: tuple[int, int] | None = None
    """How many rows of videos and of images the data set's own split holds out, where it has one."""

    @property
    def used(self) -> int:
        return self.videos + self.images

    def held(self, files: int) -> tuple[int, int]:
        """How many rows of videos and of images are held out with so many files."""
        if not files:
            return 0, 0
        if not self.held_videos:
            return (files, 0) if self.videos >= files else (0, min(files, self.images))
        return self.held_videos[files - 1], self.held_images[files - 1]


_known: "OrderedDict[tuple[str, str], tuple[tuple[int, int], Samples]]" = OrderedDict()
_lock = Lock()


def of_number(samples: int) -> Samples:
    """So many videos, of which nothing else is known."""
    return Samples(samples, samples, 0, samples, samples, 200 * samples, is_counted=False)


def of_table(base: Path, table: Path) -> Samples:
    """What `table` lists of the files below `base`. Raises: Problem."""
    try:
        status = table.stat()
        state = (status.st_mtime_ns, status.st_size)
        key = (str(base), str(table))
        with _lock:
            if key not in _known or _known[key][0] != state:
                _keep(key, state, _count(base, _rows(table)))
            _known.move_to_end(key)
            return _known[key][1]
    except FileNotFoundError:
        hint = "It is a CSV with the columns video and prompt, one row a clip."
        raise Problem("metadata_missing", f"There is no file {table}.", hint, "dataset_metadata_path") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        problem = f"The table {table} cannot be read: {error}."
        raise Problem("metadata_unreadable", problem, "Save it as CSV in UTF-8.", "dataset_metadata_path") from None


def of_manifest(manifest: Manifest) -> Samples:
    """What is used of a data set."""
    with manifest.read() as sql, _lock:
        key, state = (get(sql, "made", ""), ""), (int(get(sql, "changes", "0")), 0)
        if key not in _known or _known[key][0] != state:
            (rows,) = sql.execute("SELECT COUNT(*) FROM item").fetchone()
            used = sql.execute("SELECT path, caption FROM item WHERE NOT quarantined ORDER BY id")
            held = "COALESCE(SUM(NOT is_image), 0), COALESCE(SUM(is_image), 0), COUNT(*)"
            where = "NOT quarantined AND split = 'validation' AND caption != ''"
            videos, images, count = sql.execute(f"SELECT {held} FROM item WHERE {where}").fetchone()
            base = get(sql, "base", "/")
            inside = base.rstrip(os.sep) + os.sep
            counted = _count(
                Path("/"),
                ((path, caption) for path, caption in used),
                lambda path: path[len(inside) :] if path.startswith(inside) else os.path.relpath(path, base),
            )
            _keep(key, state, replace(counted, rows=rows, split=(videos, images) if count else None))
        _known.move_to_end(key)
        return _known[key][1]


def _keep(key: tuple[str, str], state: tuple[int, int], samples: Samples) -> None:
    _known[key] = (state, samples)
    while len(_known) > KEPT:
        _known.popitem(last=False)


def _count(base: Path, listed: Iterable[tuple[str, str]], name_of: Callable[[str], str] = lambda name: name) -> Samples:
    """`listed` are files and their captions; `name_of` gives the name by which a run's table lists a file."""
    inside = os.path.abspath(base).rstrip(os.sep) + os.sep
    rows = 0
    captions: set[str] = set()
    named: dict[str, str] = {}
    """By its path within `base` the name by which the table lists a file first."""
    counts: Counter[str] = Counter()
    for name, caption in listed:
        rows += 1
        path = name
        if _DETOUR.search(name):
            path = os.path.normpath(os.path.join(inside, name))
            if not path.startswith(inside):
                continue
            path = path[len(inside) :]
        if name and caption:
            named.setdefault(path, name)
            counts[path] += 1
            captions.add(caption)
    held: dict[bool, array[int]] = {False: array("l"), True: array("l")}
    totals = {False: 0, True: 0}
    for path in sorted(named, key=lambda path: held_out.place(name_of(named[path]))):
        totals[is_image(named[path])] += counts[path]
        for kind, total in totals.items():
            held[kind].append(total)
    return Samples(
        rows=rows,
        videos=totals[False],
        images=totals[True],
        files=len(named),
        captions=len(captions),
        characters=sum(map(len, captions)),
        held_videos=held[False],
        held_images=held[True],
    )


def _rows(table: Path) -> Iterator[tuple[str, str]]:
    """Each row's file and caption, as `trainer.dataset` reads them."""
    with open(table, newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        names = [name.strip() for name in next(reader, [])]
        files = [names.index(column) for column in ("video", "image") if column in names]
        if not files or "prompt" not in names:
            problem = f"The table {table} lacks the column {'prompt' if files else 'video'}."
            hint = "Its first line is: video,prompt"
            raise Problem("metadata_column_missing", problem, hint, "dataset_metadata_path")
        prompt = names.index("prompt")
        for row in reader:
            if not row:
                continue
            named = next((row[at].strip() for at in files if at < len(row) and row[at].strip()), "")
            yield named, row[prompt].strip() if prompt < len(row) else ""
