"""Remember by which clips a checkpoint was trained, in a few bytes: their names in order, their captions, the split."""

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

    @classmethod
    def of(cls, clips: Sequence[Clip], trained: int) -> "DatasetDigest":
        """Digest `clips`: the first `trained` are trained on, the others held out."""
        return cls(
            trained=_digest(clip.row.video for clip in clips[:trained]),
            held_out=_digest(clip.row.video for clip in clips[trained:]),
            captions=_digest(text for pair in sorted((c.row.video, c.row.prompt) for c in clips) for text in pair),
        )


def _digest(texts: Iterable[str]) -> str:
    found = hashlib.blake2b(digest_size=16)
    for text in texts:
        encoded = text.encode()
        found.update(len(encoded).to_bytes(8, "little") + encoded)
    return found.hexdigest()
