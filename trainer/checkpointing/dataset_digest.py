"""Remember by which clips a checkpoint was trained, in a few bytes: names in order, captions, the split,
and what is shown of each."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trainer.data.clip import Clip


@dataclass(frozen=True)
class DatasetDigest:
    """Tell one data set from another. Names are those of the table, so that a moved folder is the same data set.

    `trained`: the names of the clips that are trained on, in the sampler's order. `held_out`: those of the others.
    `captions`: each name with its caption, in no order.
    """

    trained: str
    held_out: str
    captions: str
    pictures: str | None = None
    """What is shown of each: shape and windows, in the order of both. None in checkpoints of before it was noted."""

    @classmethod
    def of(cls, clips: Sequence[Clip], trained: int) -> "DatasetDigest":
        """Digest `clips`: the first `trained` are trained on, the others held out."""
        return cls(
            trained=_digest(clip.row.video for clip in clips[:trained]),
            held_out=_digest(clip.row.video for clip in clips[trained:]),
            captions=_digest(text for pair in sorted((c.row.video, c.row.prompt) for c in clips) for text in pair),
            pictures=_digest(text for clip in clips for text in _picture(clip)),
        )


def _picture(clip: Clip) -> list[str]:
    """Write down what is shown of a clip, times to the microsecond, as the keys of the cache have them."""
    windows = [
        f"{round(window.start_s, 6)} {window.frame_rate and round(window.frame_rate, 6)}"
        for window in clip.placed.windows
    ]
    return [clip.row.video, str(clip.shape), *windows]


def _digest(texts: Iterable[str]) -> str:
    found = hashlib.blake2b(digest_size=16)
    for text in texts:
        encoded = text.encode()
        found.update(len(encoded).to_bytes(8, "little") + encoded)
    return found.hexdigest()
