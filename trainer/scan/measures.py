"""Measure pictures by plain functions of arrays. `luma_HW` is uint8, 0 to 255; H height, W width.

Thresholds that make a verdict (too dark, a cut) are not here: those belong to whoever reads the measures. The numbers
below only say what is counted.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Luma = npt.NDArray[np.uint8]

LONG_SIDE = 512
"""Pixels of the long side of what is measured; larger pictures are scaled down to it."""
_BLACK, _WHITE = 20, 250
"""Luma up to which a pixel counts as dark, and from which on as burnt."""
_BAR_MEAN, _BAR_SPREAD, _BAR_MOST = 16, 4, 28
"""A line is part of a bar if its luma is at most the first on the mean, differs by no more than the second (standard
deviation), and is below the third in 98% of it. Dark scenes are not as even."""
_LEAST_INSIDE = 0.2
"""Bars that leave less of the picture are none."""
_HASH_SIDE, _HASH_PICTURE = 8, 32
_STRUCTURE_FLOOR = 58.5
"""(0.03 * 255)^2, the constant of SSIM that keeps flat pictures from looking different by their noise."""


@dataclass(frozen=True)
class Measured:
    """The measures, as in `trainer.contract.scan.Media`."""

    motion: float | None
    sharpness: float
    brightness: float
    dark: float
    burnt: float
    bars: float


def measure(pictures: Sequence[Luma]) -> Measured:
    """Measure one clip's sampled frames, or one image."""
    inside = inside_bars(pictures)
    inner = [picture[inside] for picture in pictures]
    height, width = pictures[0].shape
    motions = [_difference(one, two) for one, two in itertools.pairwise(inner)]
    return Measured(
        motion=float(np.mean(motions)) if motions else None,
        sharpness=float(np.median([sharpness(each) for each in inner])),
        brightness=float(np.mean([each.mean() for each in inner])),
        dark=float(np.mean([(each < _BLACK).mean() for each in inner])),
        burnt=float(np.mean([(each >= _WHITE).mean() for each in inner])),
        bars=1 - inner[0].size / (height * width),
    )


def inside_bars(pictures: Sequence[Luma]) -> tuple[slice, slice]:
    """Find the part that no black bar covers in any of the pictures; all of it if everything is black."""
    brightest_HW = np.maximum.reduce(list(pictures))
    rows, columns = _inside(brightest_HW), _inside(brightest_HW.T)
    if brightest_HW[rows, columns].size < _LEAST_INSIDE * brightest_HW.size:
        return slice(None), slice(None)
    return rows, columns


def sharpness(luma_HW: Luma) -> float:
    """Compute the variance of the Laplacian; 0 for a picture that is too small to have one."""
    if min(luma_HW.shape) < 3:
        return 0.0
    wide = luma_HW.astype(np.int16)
    centre = wide[1:-1, 1:-1]
    laplacian = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:] - 4 * centre
    return float(laplacian.var(dtype=np.float32))


def perceptual_hash(luma_HW: Luma) -> str:
    """Compute pHash, 16 hex digits: the signs of the 64 lowest frequencies of a 32x32 picture about their median.

    Christoph Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010.
    """
    small = _averaged(luma_HW, _HASH_PICTURE)
    low = (_DCT @ small @ _DCT.T)[:_HASH_SIDE, :_HASH_SIDE].ravel()
    bits = low > np.median(low[1:])
    return np.packbits(bits).tobytes().hex()


class CutFinder:
    """Takes in frames one after the other and knows how sudden the greatest change was."""

    def __init__(self) -> None:
        self._last: npt.NDArray[np.float32] | None = None
        self._changes: list[float] = []

    def add(self, luma_HW: Luma) -> None:
        """Add a frame at its full size."""
        height, width = luma_HW.shape
        step_y, step_x = max(1, height // 45), max(1, width // 80)
        lines = luma_HW[step_y // 2 :: step_y, : width // step_x * step_x]
        small = np.zeros((len(lines), width // step_x), np.float32)
        for offset in range(0, step_x, max(1, step_x // 4)):  # some of each area are enough, and fast
            small += lines[:, offset::step_x]
        small *= max(1, step_x // 4) / step_x
        small -= small.mean()
        if self._last is not None:
            self._changes.append(1 - _structure(self._last, small))
        self._last = small

    def greatest(self) -> float:
        """Return, 0 to 1, the greatest change less the greater of the two beside it: motion lasts, a cut does not."""
        changes = np.array([0.0, *self._changes, 0.0])
        beside = np.maximum(changes[:-2], changes[2:])
        return float(np.clip(changes[1:-1] - beside, 0, 1).max(initial=0))


def _inside(picture_HW: Luma) -> slice:
    """Find the lines from the first to the last that is not part of a bar."""
    bars = picture_HW.mean(1) <= _BAR_MEAN
    bars &= picture_HW.std(1, dtype=np.float32) <= _BAR_SPREAD
    bars &= (picture_HW >= _BAR_MOST).mean(1) <= 0.02
    inside = np.flatnonzero(~bars)
    return slice(int(inside[0]), int(inside[-1]) + 1) if inside.size else slice(0)


def _difference(one: Luma, two: Luma) -> float:
    return float(np.abs(one.astype(np.int16) - two).mean())


def _structure(one: npt.NDArray[np.float32], two: npt.NDArray[np.float32]) -> float:
    """Compare two pictures of mean 0, -1 to 1: SSIM's structure term over the whole of them."""
    a, b = one.ravel(), two.ravel()
    floor = _STRUCTURE_FLOOR * a.size
    return (2 * float(np.dot(a, b)) + floor) / (float(np.dot(a, a)) + float(np.dot(b, b)) + floor)


def _averaged(luma_HW: Luma, side: int) -> npt.NDArray[np.float32]:
    """Scale to side x side, each new pixel the mean of the area that it covers."""
    wide = luma_HW.astype(np.float32)
    return np.asarray(_areas(luma_HW.shape[0], side) @ wide @ _areas(luma_HW.shape[1], side).T, np.float32)


@lru_cache(maxsize=64)
def _areas(length: int, parts: int) -> npt.NDArray[np.float32]:
    """Compute, as parts x length, by how much each old pixel lies in each new one; the rows sum to 1."""
    edges = np.arange(parts + 1) * (length / parts)
    old = np.arange(length)
    covered = np.minimum(edges[1:, None], old + 1) - np.maximum(edges[:-1, None], old)
    shares: npt.NDArray[np.float32] = (covered.clip(0) / (length / parts)).astype(np.float32)
    return shares


_at = np.arange(_HASH_PICTURE)
_DCT = np.cos(np.pi * (2 * _at[None] + 1) * _at[:, None] / (2 * _HASH_PICTURE)).astype(np.float32)
