"""Columns of numbers as bytes, and the cells above them: minimum, maximum, mean, last and count of a stretch of steps.

A cell of size s covers the steps from k*s to k*s + s - 1, whatever was logged in them, so cells of different runs,
attempts and rhythms lie on one grid, and a bucket that is a whole number of cells has exact extremes.

Everything here is pure: arrays in, arrays or bytes out. A column is shuffled byte by byte, so that bytes of a kind lie
together, and compressed by Zstandard, as Blosc does (https://www.blosc.org/pages/blosc-in-depth/).
"""

import threading
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import zstandard

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Cells = npt.NDArray[Any]
"""Records of `CELL`, by ascending step."""
Others = npt.NDArray[Any]
"""Records of `OTHER`."""

CELL = np.dtype([("step", "<i8"), ("min", "<f8"), ("max", "<f8"), ("mean", "<f8"), ("last", "<f8"), ("count", "<u4")])
"""Finite values of one stretch; `step` is the first one that the cell covers."""
OTHER = np.dtype([("step", "<i8"), ("what", "u1"), ("count", "<u4")])
"""Values of one kind that are not finite, `what` as in `NAMES`; `step` is that of the first."""
NAMES: tuple[Literal["nan"], Literal["inf"], Literal["-inf"]] = ("nan", "inf", "-inf")

_SAMPLED = 512
_DECIMAL, _MOST_DECIMALS = 3, 9

_local = threading.local()


def scheme_for(column: Floats) -> int:
    """How a column like this is kept in the fewest bytes, judged by its first values.

    Floats are kept as whole numbers: as their bits, or multiplied by a power of ten where that is exact (what was
    logged had few digits); as they are, or as first or second differences (what grows evenly).
    """
    sample = column[:_SAMPLED]
    decimals = _decimals(sample)
    schemes = [0, 1, 2] if decimals is None else [0, 1, 2, _DECIMAL + 3 * decimals, _DECIMAL + 3 * decimals + 1]
    return min(schemes, key=lambda scheme: len(pack(sample, scheme)))


def pack(column: Floats, scheme: int) -> bytes:
    """A column of floats as bytes, every bit of it kept; the first byte is the scheme (`scheme_for`) that could be."""
    numbers = _encode(column.view(np.int64), scheme)
    if numbers is None:
        scheme, numbers = 0, column.view(np.int64)
    return bytes([scheme]) + _compress(numbers)


def unpack(packed: bytes) -> Floats:
    """What `pack` was given."""
    scheme, numbers = packed[0], _decompress(packed[1:])
    if scheme:
        numbers = (numbers.view(np.uint64) >> np.uint64(1)).view(np.int64) ^ -(numbers & 1)
    for _ in range(scheme % 3):
        numbers = np.cumsum(numbers)
    if scheme < _DECIMAL:
        return numbers.view(np.float64)
    return numbers / 10.0 ** ((scheme - _DECIMAL) // 3)


def pack_regular(column: Ints) -> bytes:
    """Whole numbers that go up evenly for the most part: their differences are what is kept."""
    return _compress(np.diff(column, prepend=0))


def unpack_regular(packed: bytes) -> Ints:
    """What `pack_regular` was given."""
    return np.cumsum(_decompress(packed))


def cells_of(steps: Ints, values: Floats, size: int) -> Cells:
    """The cells of `size` steps over the finite ones of `values`; steps ascend."""
    finite = np.isfinite(values)
    if not finite.all():
        steps, values = steps[finite], values[finite]
    cells = gathered(steps, values, size)
    cells["step"] *= size
    return cells


def gathered(at: Ints | Floats, values: Floats, width: float) -> Cells:
    """Finite values at ascending places as cells `width` wide, their `step` the number of each from 0 on the axis."""
    if not len(at):
        return np.empty(0, CELL)
    first, last = (int(at[end] // width) for end in (0, -1))
    bounds = np.searchsorted(at, np.arange(first, last + 2) * width)
    bounds[0], bounds[-1] = 0, len(at)  # where rounding puts an end on the wrong side of its cell's
    counts = np.diff(bounds)
    filled = counts > 0
    starts, counts = bounds[:-1][filled], counts[filled]
    cells = np.empty(len(starts), CELL)
    cells["step"] = np.flatnonzero(filled) + first
    cells["min"] = np.minimum.reduceat(values, starts)
    cells["max"] = np.maximum.reduceat(values, starts)
    cells["last"] = values[starts + counts - 1]
    cells["count"] = counts
    with np.errstate(over="ignore"):
        means = np.add.reduceat(values, starts) / counts
    if not bool(np.isfinite(means).all()):  # a sum was too large
        means = np.add.reduceat(values / np.repeat(counts, counts), starts)
    cells["mean"] = means
    return cells


def merge(cells: Cells, groups: npt.NDArray[Any]) -> Cells:
    """One cell for each run of equal `groups`, which becomes its step (a whole number). In the order given."""
    if not len(cells):
        return cells
    starts = np.flatnonzero(groups[1:] != groups[:-1]) + 1
    starts = np.concatenate([[0], starts])
    merged = np.empty(len(starts), CELL)
    merged["step"] = groups[starts]
    merged["min"] = np.minimum.reduceat(cells["min"], starts)
    merged["max"] = np.maximum.reduceat(cells["max"], starts)
    merged["last"] = cells["last"][np.append(starts[1:], len(cells)) - 1]
    counts = np.add.reduceat(cells["count"], starts, dtype=np.int64)
    # Divided before they are added, so that no sum overflows.
    shares = cells["mean"] * (cells["count"] / np.repeat(counts, np.diff(starts, append=len(cells))))
    merged["mean"] = np.add.reduceat(shares, starts)
    merged["count"] = counts
    return merged


def others_of(steps: Ints, values: Floats, size: int) -> Others:
    """How many values that are not finite there are in each stretch of `size` steps, and where the first lies."""
    odd = ~np.isfinite(values)
    if not odd.any():
        return np.empty(0, OTHER)
    others = np.empty(int(odd.sum()), OTHER)
    others["step"], others["count"] = steps[odd], 1
    others["what"] = np.select([np.isnan(values[odd]), values[odd] > 0], [0, 1], 2)
    merged, _ = merge_others(others, others["step"] // size)
    return merged[np.argsort(merged["step"], kind="stable")]


def merge_others(others: Others, groups: npt.NDArray[Any]) -> tuple[Others, Ints]:
    """One record for each kind in each of `groups`, and which of `others` is the first of each."""
    order = np.lexsort((others["step"], others["what"], groups))
    what, groups = others["what"][order], groups[order]
    changed = (groups[1:] != groups[:-1]) | (what[1:] != what[:-1])
    starts = np.concatenate([[0], np.flatnonzero(changed) + 1]) if len(others) else np.empty(0, np.int64)
    first = order[starts]
    merged = others[first]
    if len(starts):
        merged["count"] = np.add.reduceat(others["count"][order], starts)
    return merged, first


def records(packed: Sequence[bytes], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Stored records, one piece after the other."""
    return np.frombuffer(b"".join(packed), dtype)


def _decimals(values: Floats) -> int | None:
    """By which power of ten `values` become whole numbers and exactly themselves again; None if by none."""
    for decimals in range(_MOST_DECIMALS + 1):
        if _scaled(values, decimals) is not None:
            return decimals
    return None


def _scaled(values: Floats, decimals: int) -> Ints | None:
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.rint(values * 10.0**decimals)
        if not bool((np.abs(scaled) < 2**53).all()):
            return None
    numbers = scaled.astype(np.int64)
    same = (numbers / 10.0**decimals).view(np.int64) == values.view(np.int64)
    return numbers if bool(same.all()) else None


def _encode(bits: Ints, scheme: int) -> Ints | None:
    """The whole numbers of a scheme: three times the way they are made, plus the order of their differences."""
    numbers: Ints | None = bits
    if scheme >= _DECIMAL:
        numbers = _scaled(bits.view(np.float64), (scheme - _DECIMAL) // 3)
    if numbers is None or scheme == 0:
        return numbers
    for _ in range(scheme % 3):
        numbers = np.diff(numbers, prepend=0)
    return (numbers << 1) ^ (numbers >> 63)  # small ones of either sign have their high bytes empty


def _compress(numbers: Ints) -> bytes:
    shuffled = np.ascontiguousarray(numbers.view(np.uint8).reshape(-1, 8).T)
    packed: bytes = _compressor().compress(shuffled.tobytes())
    return packed


def _decompress(packed: bytes) -> Ints:
    shuffled = np.frombuffer(_decompressor().decompress(packed), np.uint8).reshape(8, -1)
    numbers: Ints = np.ascontiguousarray(shuffled.T).view(np.int64).reshape(-1)
    return numbers


def _compressor() -> zstandard.ZstdCompressor:
    if not hasattr(_local, "compressor"):
        _local.compressor = zstandard.ZstdCompressor(level=1)
    return _local.compressor  # type: ignore[no-any-return]


def _decompressor() -> zstandard.ZstdDecompressor:
    if not hasattr(_local, "decompressor"):
        _local.decompressor = zstandard.ZstdDecompressor()
    return _local.decompressor  # type: ignore[no-any-return]
