"""Choose the held-out clips: the same in every run on the same data, whatever its seed and settings."""

from collections.abc import Sequence, Set
from pathlib import Path

from trainer.contract.config import RunConfig
from trainer.contract.messages import message
from trainer.contract.plan import held_out
from trainer.contract.problem import Problem
from trainer.data.clip import Clip


def split_clips(config: RunConfig, clips: Sequence[Clip], stays_whole: bool) -> tuple[list[Clip], list[Clip]]:
    """Return the clips to train on and those held out, by the table's column `split` or else by the config.

    `stays_whole`: nothing was held out when the run began, so nothing is where nobody says what.
    Raises: Problem where both say it, or nothing would be left to train on.
    """
    if not any(clip.row.split for clip in clips):
        return hold_out(clips, 0 if stays_whole else wanted(config, clips))
    if config.validation_clips is not None:
        raise Problem(message("validation_twice"), "validation_clips")
    held = {clip.row.path for clip in clips if clip.row.split == "validation"}
    trained, unseen = _parted(clips, held)
    if not trained:
        raise Problem(message("validation_too_large.split"), "dataset_metadata_path")
    return trained, unseen


def wanted(config: RunConfig, clips: Sequence[Clip]) -> int:
    """Count the files to hold out. Raises: Problem if nothing would be left to train on."""
    return held_out.wanted(config, len({clip.row.path for clip in clips}))


def hold_out(clips: Sequence[Clip], count: int) -> tuple[list[Clip], list[Clip]]:
    """Return the clips to train on and those of `count` files held out; all rows of a file are on one side.

    A file's place follows from its name in the table alone, so that adding rows moves few of the others.
    """
    if not count:
        return list(clips), []
    names = {clip.row.path: clip.row.video for clip in reversed(clips)}
    held = set(sorted(names, key=lambda path: held_out.place(names[path]))[:count])
    return _parted(clips, held)


def _parted(clips: Sequence[Clip], held: Set[Path]) -> tuple[list[Clip], list[Clip]]:
    """Split the clips by whether their file is in `held`."""
    return [clip for clip in clips if clip.row.path not in held], [clip for clip in clips if clip.row.path in held]
