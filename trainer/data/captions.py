"""List the texts by which a run may show a sample, and draw one."""

import hashlib

from trainer.contract.captions import orders_of
from trainer.contract.config import RunConfig
from trainer.data.metadata import Row

NO_CAPTION = ""


def captions_of(config: RunConfig, row: Row) -> tuple[str, ...]:
    """List a row's texts: its caption, the orders of its tags that are drawn from instead, and the empty text last if
    its data set drops captions."""
    dataset = config.datasets[row.dataset]
    orders = orders_of(row.prompt, dataset.caption_shuffles, dataset.trigger_word) if dataset.caption_shuffles else ()
    return (row.prompt, *orders, *([NO_CAPTION] if dataset.caption_dropout else []))


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
