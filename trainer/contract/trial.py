"""A trial: some steps of a config, timed on a few of its clips. Its request, and its fact besides those of any task."""

import msgspec

STEPS = 20


class Trial(msgspec.Struct, frozen=True, kw_only=True, tag="trial", omit_defaults=True):
    """What `steps` optimizer steps took, the first ones left out: the median, or where clips of several shapes were
    tried their mean; `low_s` and `high_s` are the tenth and the ninetieth of a hundred."""

    ts: float
    seconds_per_step: float
    low_s: float
    high_s: float
    steps: int
    ranks: int
    clips: int
    samples: str
    """In words: how many clips of which shape."""
    shapes: dict[str, int]
    """The same as numbers, by shapes like 480x832x49."""
    card: str
    cache_s: float | None = None
    """Of one clip on one rank, without loading the VAE. None where all were in the cache."""
    peak_memory_gb: float | None = None
    """Reserved on the GPU that needed most, in 10^9 bytes."""
