"""Read the cache's limit from `LORADECK_CACHE_GB`: gigabytes of 10^9 bytes; unset or empty is no limit."""

import math
import os

from trainer.contract.messages import message
from trainer.contract.problem import Problem

VARIABLE = "LORADECK_CACHE_GB"


def from_environment() -> int | None:
    """Return the limit in bytes, None if there is none. Raises: Problem if it is no number of gigabytes."""
    text = os.environ.get(VARIABLE, "").strip()
    return parse(text) if text else None


def parse(text: str) -> int:
    """Return the bytes of a number of gigabytes. Raises: Problem."""
    try:
        size_gb = float(text)
    except ValueError:
        size_gb = math.nan
    if not 0 <= size_gb < 1e9:
        raise Problem(message("cache_limit_bad", value=text[:40]))
    return round(size_gb * 1e9)
