"""How many clips are held out of training, and which: the same ones in every run on the same data."""

import hashlib

from trainer.contract.config import RunConfig
from trainer.contract.messages import message
from trainer.contract.problem import Problem

MOST_BY_ITSELF = 0.02
"""The share of the data set that may be held out where nobody asked for it."""


def wanted(config: RunConfig, files: int) -> int:
    """How many of `files` to hold out. Raises: Problem where nothing would be left to train on."""
    if config.validation_clips is None:
        return config.eval_samples if config.eval_samples <= files * MOST_BY_ITSELF else 0
    if config.validation_clips >= files:
        said = message("validation_too_large", wanted=config.validation_clips, clips=files)
        raise Problem(said, "validation_clips")
    return config.validation_clips


def place(name: str) -> bytes:
    """Where a file stands in the order in which files are held out, by its name in the table alone."""
    return hashlib.blake2b(name.encode(), digest_size=16).digest()
