"""What a data set's table says of its samples without a file being looked at, remembered until it changes."""

import csv
import os
from array import array
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from trainer.contract.config import Problem
from trainer.contract.media import is_image
from trainer.contract.plan import held_out

KEPT = 8
"""Tables that are remembered."""


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
                _known[key] = (state, _count(base, table))
                while len(_known) > KEPT:
                    _known.popitem(last=False)
            _known.move_to_end(key)
            return _known[key][1]
    except FileNotFoundError:
        hint = "It is a CSV with the columns video and prompt, one row a clip."
        raise Problem("metadata_missing", f"There is no file {table}.", hint, "dataset_metadata_path") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        problem = f"The table {table} cannot be read: {error}."
        raise Problem("metadata_unreadable", problem, "Save it as CSV in UTF-8.", "dataset_metadata_path") from None


def _count(base: Path, table: Path) -> Samples:
    root = os.path.abspath(base)
    inside = root.rstrip(os.sep) + os.sep
    rows, videos, images = 0, 0, 0
    captions: dict[str, None] = {}
    names: dict[str, str] = {}
    """By path the name by which the table lists it first."""
    counts: dict[str, int] = {}
    for name, caption in _rows(table):
        rows += 1
        path = os.path.normpath(os.path.join(root, name))
        if not name or not caption or not path.startswith(inside):
            continue
        names.setdefault(path, name)
        counts[path] = counts.get(path, 0) + 1
        captions[caption] = None
        if is_image(name):
            images += 1
        else:
            videos += 1
    order = sorted(names, key=lambda path: held_out.place(names[path]))
    held_videos, held_images = array("l"), array("l")
    of_videos = of_images = 0
    for path in order:
        if is_image(names[path]):
            of_images += counts[path]
        else:
            of_videos += counts[path]
        held_videos.append(of_videos)
        held_images.append(of_images)
    characters = sum(map(len, captions))
    return Samples(
        rows, videos, images, len(names), len(captions), characters, held_videos=held_videos, held_images=held_images
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
