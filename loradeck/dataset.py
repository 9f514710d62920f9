"""`loradeck dataset`: what of a list of clips can be used, however it is written, and the same as the table that
DiffSynth and Loradeck train on. No clip is opened, and the source stays as it is.
"""

import csv
import io
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from services.backend.datasets.importing.finder import Clip, FileFinder
from services.backend.datasets.importing.formats import Entry, Fault, Unreadable, read
from trainer.contract.config import Problem
from trainer.contract.rundir import write_atomic
from trainer.telemetry.progress import ProgressLine

SHOWN = 3
"""Rows of each kind of fault."""
_PROGRESS_ROWS = 10_000


def dataset(source: Path, base: Path | None, target: Path | None) -> int:
    """Tell what of `source` can be used, and with `target` write it there as `video,image,prompt`. Names begin at
    `base`, by default the folder of the source. Returns 1 where nothing can be used. Raises: Problem, OSError."""
    folder = base or (source if source.is_dir() else source.parent)
    if target is not None and target.exists() and source.exists() and target.samefile(source):
        problem = f"{target} is the source itself, which stays as it is."
        raise Problem("source_kept", problem, "Name another file to write.")
    if not folder.is_dir():
        raise Problem("dataset_missing", f"There is no folder {folder}.", "Name the one that the clips are in.")
    clips, faults = _read(source, folder)
    if not clips and not faults:
        raise Problem("dataset_empty", f"{source} lists no clips.", "It has one row a clip: its file and its caption.")
    images = sum(clip.is_image for clip in clips)
    print(f"Of {_count(len(clips) + len(faults), 'row')}, {_count(len(clips) - images, 'video')} and ", end="")
    print(f"{_count(images, 'image')} can be used.")
    _tell(faults)
    uncaptioned = sum(not clip.caption for clip in clips)
    if uncaptioned:
        print(f"{_count(uncaptioned, 'clip')} without a caption would be left out by a run.")
    if not clips:
        return 1
    if target is not None:
        _write(target, clips, folder)
        print(
            f"{target} is written. A run takes it as dataset_metadata_path, with dataset_base_path {folder.resolve()}."
        )
    return 0


def _read(source: Path, folder: Path) -> tuple[list[Clip], list[Fault]]:
    finder, line = FileFinder(folder, [folder]), ProgressLine()
    clips: list[Clip] = []
    faults: list[Fault] = []
    try:
        for number, row in enumerate(read(source), start=1):
            found = finder.find(row) if isinstance(row, Entry) else row
            if isinstance(found, Clip):
                clips.append(found)
            else:
                faults.append(found)
            if number % _PROGRESS_ROWS == 0:
                line.show(f"reading {number:,} rows")
    except Unreadable as error:
        raise Problem("dataset_unreadable", str(error)) from None
    line.end()
    return clips, faults


def _tell(faults: Sequence[Fault]) -> None:
    if not faults:
        return
    print(f"{_count(len(faults), 'row')} cannot be used:")
    for code, count in Counter(fault.code for fault in faults).most_common():
        print(f"  {code}: {count:,}")
        for fault in [fault for fault in faults if fault.code == code][:SHOWN]:
            print(f"    {fault.message}")
        if count > SHOWN:
            print(f"    and {count - SHOWN:,} more")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _write(target: Path, clips: Sequence[Clip], folder: Path) -> None:
    """Whole or not at all. Raises: Problem."""
    base, table = os.path.realpath(folder), io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("video", "image", "prompt"))
    for clip in clips:
        name = os.path.relpath(clip.path, base)
        writer.writerow(("", name, clip.caption) if clip.is_image else (name, "", clip.caption))
    try:
        write_atomic(target, table.getvalue().encode())
    except OSError as error:
        problem = f"{target} cannot be written: {error.strerror}."
        raise Problem("not_written", problem, "Name another file.") from None
