"""List the texts by which a run may show a sample, and draw one."""

import hashlib

from trainer.contract.captions import texts_of
from trainer.contract.config import RunConfig
from trainer.data.metadata import Row


def captions_of(config: RunConfig, row: Row) -> tuple[str, ...]:
    """List a row's texts, as `trainer.contract.captions.texts_of` does."""
    return texts_of(row.prompt, config.datasets[row.dataset])


def draw_caption(seed: int, micro_step: int, sample: int, texts: int, dropout: float) -> int:
    """Draw which of a sample's `texts`, as `captions_of` lists them, a micro-step shows. `dropout`: the share without a
    caption."""
    if texts == 1:
        return 0
    digest = hashlib.blake2b(f"{seed} {micro_step} {sample} caption".encode(), digest_size=16).digest()
    dropped, drawn = int.from_bytes(digest[:8]) / 2**64, int.from_bytes(digest[8:])
    if dropout and dropped < dropout:
        return texts - 1
    orders = texts - 1 - (1 if dropout else 0)
    return 1 + drawn % orders if orders else 0
