"""The sparkline of a run, updated step by step so that reading it never needs the whole curve."""

import math
from typing import Any

import numpy as np

from services.backend.metrics.chunks import Floats, Ints

SPARK_BUCKETS = 60
SPARK_KEY = "train/loss"


class Spark:
    """Up to 60 means over equal stretches of steps; the stretches double whenever the steps outgrow them."""

    def __init__(self, stored: dict[str, Any] | None = None) -> None:
        stored = stored or {}
        self._width: int = stored.get("width", 1)
        self._means: list[float] = stored.get("means", [])
        self._counts: list[int] = stored.get("counts", [])

    def add(self, step: int, value: float) -> None:
        while (bucket := max(step - 1, 0) // self._width) >= SPARK_BUCKETS:
            self._double()
        missing = bucket + 1 - len(self._counts)
        self._means += [0.0] * missing
        self._counts += [0] * missing
        self._counts[bucket] += 1
        self._means[bucket] = _shift(self._means[bucket], value, 1 / self._counts[bucket])

    def add_many(self, steps: Ints, values: Floats) -> None:
        """Add many steps at once; all values are finite."""
        if not len(steps):
            return
        at = np.maximum(steps - 1, 0)
        while int(at.max()) // self._width >= SPARK_BUCKETS:
            self._double()
        buckets = at // self._width
        counts = np.bincount(buckets)
        means = np.bincount(buckets, values / counts[buckets])
        missing = len(counts) - len(self._counts)
        self._means += [0.0] * missing
        self._counts += [0] * missing
        for bucket in np.flatnonzero(counts).tolist():
            self._counts[bucket] += int(counts[bucket])
            share = float(counts[bucket]) / self._counts[bucket]
            self._means[bucket] = _shift(self._means[bucket], float(means[bucket]), share)

    def drop_from(self, step: int) -> None:
        """Drop the stretches from `step` on: a resumed run went back and logs them again."""
        kept = -(-max(step - 1, 0) // self._width)
        del self._means[kept:], self._counts[kept:]

    @property
    def means(self) -> list[float]:
        return [mean for mean, count in zip(self._means, self._counts, strict=True) if count]

    def stored(self) -> dict[str, Any]:
        """Return what `Spark(...)` takes."""
        return {"width": self._width, "means": self._means, "counts": self._counts}

    def _double(self) -> None:
        self._width *= 2
        means, counts = [], []
        for at in range(0, len(self._counts), 2):
            count, more = self._counts[at], sum(self._counts[at + 1 : at + 2])
            mean = self._means[at]
            if more:
                mean = _shift(mean, self._means[at + 1], more / (count + more))
            means.append(mean)
            counts.append(count + more)
        self._means, self._counts = means, counts


def _shift(mean: float, towards: float, weight: float) -> float:
    """Move `mean` by `weight` (0 to 1) of the way; it stays finite where floats would overflow."""
    moved = mean * (1 - weight) + towards * weight
    return moved if math.isfinite(moved) else mean
