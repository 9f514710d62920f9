"""How a data set's captions are shown to the model: the trigger word, and their tags in other orders."""

import hashlib
import random

from trainer.contract.dataset import DatasetConfig

NO_CAPTION = ""
TRIGGER = "[trigger]"
"""What a caption has where the trigger word goes."""
_SEPARATOR = ", "


def with_trigger(caption: str, trigger_word: str) -> str:
    """Put the trigger word where the caption has `TRIGGER`, or before it if the caption has neither.

    Without a trigger word the caption stays as it is.
    """
    word = trigger_word.strip()
    if not word:
        return caption
    if TRIGGER in caption:
        return caption.replace(TRIGGER, word)
    return caption if word in caption else f"{word}{_SEPARATOR}{caption}"


def orders_of(caption: str, count: int, trigger_word: str = "") -> tuple[str, ...]:
    """List up to `count` different orders of a caption's comma-separated tags; the caption itself for a count of 0.

    They follow from the caption alone. A trigger word in front stays there, for models read the beginning best.
    """
    tags = [tag.strip() for tag in caption.split(",") if tag.strip()]
    kept = 1 if trigger_word.strip() and tags and tags[0] == trigger_word.strip() else 0
    if count == 0 or len(tags) - kept < 2:
        return (caption,)
    chance = random.Random(hashlib.blake2b(caption.encode("utf-8", "surrogatepass"), digest_size=8).digest())
    found: dict[str, None] = {}
    for _ in range(4 * count):
        if len(found) == count:
            break
        found[_SEPARATOR.join([*tags[:kept], *chance.sample(tags[kept:], len(tags) - kept)])] = None
    return tuple(found)


def texts_of(caption: str, dataset: DatasetConfig) -> tuple[str, ...]:
    """List the texts by which a sample may be shown, whose `caption` has its trigger word: the caption, the orders of
    its tags that are drawn from instead, and `NO_CAPTION` last if the data set drops captions."""
    count = dataset.caption_shuffles
    orders = orders_of(caption, count, dataset.trigger_word) if count else ()
    return (caption, *orders, *([NO_CAPTION] if dataset.caption_dropout else []))
