"""Which clips are held out: the same ones in every run on the same data, however its seed and settings differ."""

from collections.abc import Sequence

from trainer.caching import Clip
from trainer.contract.config import RunConfig
from trainer.contract.plan import held_out


def wanted(config: RunConfig, clips: Sequence[Clip]) -> int:
    """How many files to hold out. Raises: Problem where nothing would be left to train on."""
    return held_out.wanted(config, len({clip.row.path for clip in clips}))


def split(clips: Sequence[Clip], count: int) -> tuple[list[Clip], list[Clip]]:
    """The clips to train on, and those of `count` files held out; all rows of a file are on one side.

    A file's place follows from its name in the table alone, so that adding rows moves few of the others.
    """
    if not count:
        return list(clips), []
    names = {clip.row.path: clip.row.video for clip in reversed(clips)}
    held = set(sorted(names, key=lambda path: held_out.place(names[path]))[:count])
    return [clip for clip in clips if clip.row.path not in held], [clip for clip in clips if clip.row.path in held]
