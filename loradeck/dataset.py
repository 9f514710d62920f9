"""`loradeck dataset`: what of a list of clips can be used, however it is written, and the same as the table that
DiffSynth and Loradeck train on. No clip is opened, and the source stays as it is.
"""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from services.backend.datasets.importing.entries import Entry, Fault, Unreadable
from services.backend.datasets.importing.finder import Clip, FileFinder
from services.backend.datasets.importing.formats import read
from trainer.contract.messages import Message, message, sentence
from trainer.contract.problem import Problem
from trainer.contract.table.writer import write_table
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
    clips, faults, notes = _read(source, folder)
    if not clips and not faults:
        raise Problem(message("dataset_empty", path=source))
    images = sum(clip.is_image for clip in clips)
    rows, videos = len(clips) + len(faults), len(clips) - images
    print(sentence("command.dataset_usable", rows=rows, videos=videos, images=images))
    _tell(faults)
    for note in notes:
        print(note)
    uncaptioned = sum(not clip.caption for clip in clips)
    if uncaptioned:
        print(sentence("command.dataset_uncaptioned", clips=uncaptioned))
    if not clips:
        return 1
    if target is not None:
        _write(target, clips, folder)
        print(sentence("command.dataset_written", path=target, folder=folder.resolve()))
    return 0


def _read(source: Path, folder: Path) -> tuple[list[Clip], list[Fault], list[Message]]:
    finder, line = FileFinder(folder, [Path("/")], stays_inside=True), ProgressLine()
    clips: list[Clip] = []
    faults: list[Fault] = []
    notes: list[Message] = []
    try:
        for number, row in enumerate(read(source, notes.append), start=1):
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
    return clips, faults, notes


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
    base, rows = os.path.realpath(folder), [("video", "image", "prompt")]
    for clip in clips:
        name = os.path.relpath(clip.path, base)
        rows.append(("", name, clip.caption) if clip.is_image else (name, "", clip.caption))
    try:
        write_table(target, rows)
    except OSError as error:
        raise Problem(message("not_written", path=target, reason=error.strerror)) from None
