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
from trainer.contract.messages import Message, message, sentence
from trainer.contract.problem import Problem
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
        raise Problem(message("source_kept", path=target))
    if not folder.is_dir():
        raise Problem(message("dataset_missing", folder=folder))
    clips, faults = _read(source, folder)
    if not clips and not faults:
        raise Problem(message("dataset_empty", path=source))
    images = sum(clip.is_image for clip in clips)
    rows, videos = len(clips) + len(faults), len(clips) - images
    print(sentence("command.dataset_usable", rows=rows, videos=videos, images=images))
    _tell(faults)
    uncaptioned = sum(not clip.caption for clip in clips)
    if uncaptioned:
        print(sentence("command.dataset_uncaptioned", clips=uncaptioned))
    if not clips:
        return 1
    if target is not None:
        _write(target, clips, folder)
        print(sentence("command.dataset_written", path=target, folder=folder.resolve()))
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
                line.show(sentence("command.dataset_reading", rows=number))
    except Unreadable as error:
        raise Problem(Message("dataset_unreadable", str(error))) from None
    line.end()
    return clips, faults


def _tell(faults: Sequence[Fault]) -> None:
    if not faults:
        return
    print(sentence("command.dataset_unusable", rows=len(faults)))
    for code, count in Counter(fault.code for fault in faults).most_common():
        print(f"  {code}: {count:,}")
        for fault in [fault for fault in faults if fault.code == code][:SHOWN]:
            print(f"    {fault.message}")
        if count > SHOWN:
            print(f"    {sentence('command.dataset_more', rows=count - SHOWN)}")


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
        raise Problem(message("not_written", path=target, reason=error.strerror)) from None
