"""Draw by which of its texts a sample is shown."""

import hashlib


def draw_caption(seed: int, micro_step: int, sample: int, texts: int, dropout: float) -> int:
    """Draw which of a sample's texts, as `trainer.contract.captions.texts_of` lists them, a micro-step shows.

    `texts`: how many it has. `dropout`: the share without a caption.
    """
    if texts == 1:
        return 0
    digest = hashlib.blake2b(f"{seed} {micro_step} {sample} caption".encode(), digest_size=16).digest()
    dropped, drawn = int.from_bytes(digest[:8]) / 2**64, int.from_bytes(digest[8:])
    if dropout and dropped < dropout:
        return texts - 1
    orders = texts - 1 - (1 if dropout else 0)
    return 1 + drawn % orders if orders else 0
