"""Columns of numbers as compressed bytes, and their rollups: cells with minimum, maximum, mean, last and count.

A cell of size s covers the steps from k*s to k*s + s - 1, whatever was logged in them, so the cells of different runs,
attempts and logging intervals lie on one grid, and a bucket that is a whole number of cells has exact extremes.

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
NonFinites = npt.NDArray[Any]
"""Records of `OTHER`."""

CELL = np.dtype([("step", "<i8"), ("min", "<f8"), ("max", "<f8"), ("mean", "<f8"), ("last", "<f8"), ("count", "<u4")])
"""The rollup of the finite values of a cell; `step` is the first step that it covers."""
OTHER = np.dtype([("step", "<i8"), ("what", "u1"), ("count", "<u4")])
"""The count of the non-finite values of one kind, `what` as in `NAMES`; `step` is that of the first."""
NAMES: tuple[Literal["nan"], Literal["inf"], Literal["-inf"]] = ("nan", "inf", "-inf")

_SAMPLE = 512
_DECIMAL, _MOST_DECIMALS = 3, 9

_local = threading.local()


def scheme_for(column: Floats) -> int:
    """Choose the scheme that keeps a column like this in the fewest bytes, by its first values.

    Floats are kept as whole numbers: as their bits, or multiplied by a power of ten if that is exact (they were logged
    with few digits); either as they are, or as first or second differences (they grow evenly).
    """
    sample = column[:_SAMPLE]
    decimals = _decimals(sample)
    schemes = [0, 1, 2] if decimals is None else [0, 1, 2, _DECIMAL + 3 * decimals, _DECIMAL + 3 * decimals + 1]
    return min(schemes, key=lambda scheme: len(pack(sample, scheme)))


def pack(column: Floats, scheme: int) -> bytes:
    """Pack a column of floats without loss. The first byte is the scheme: the one given, or 0 if it would lose bits."""
    numbers = _encode(column.view(np.int64), scheme)
    if numbers is None:
        scheme, numbers = 0, column.view(np.int64)
    return bytes([scheme]) + _compress(numbers)


def unpack(packed: bytes) -> Floats:
    """Unpack what `pack` has packed."""
    scheme, numbers = packed[0], _decompress(packed[1:])
    if scheme:
        numbers = (numbers.view(np.uint64) >> np.uint64(1)).view(np.int64) ^ -(numbers & 1)
    for _ in range(scheme % 3):
        numbers = np.cumsum(numbers)
    if scheme < _DECIMAL:
        return numbers.view(np.float64)
    return numbers / 10.0 ** ((scheme - _DECIMAL) // 3)


def pack_regular(column: Ints) -> bytes:
    """Pack whole numbers that mostly grow evenly, as their differences."""
    return _compress(np.diff(column, prepend=0))


def unpack_regular(packed: bytes) -> Ints:
    """Unpack what `pack_regular` has packed."""
    return np.cumsum(_decompress(packed))


def cells_of(steps: Ints, values: Floats, size: int) -> Cells:
    """Roll the finite ones of `values` up into cells of `size` steps; steps ascend."""
    finite = np.isfinite(values)
    if not finite.all():
        steps, values = steps[finite], values[finite]
    cells = cells_at(steps, values, size)
    cells["step"] *= size
    return cells


def cells_at(at: Ints | Floats, values: Floats, width: float) -> Cells:
    """Roll finite values at ascending places up into cells `width` wide; `step` is the number of each on the axis."""
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
    """Merge each run of cells with equal `groups` into one cell, whose step is its group, in the order given."""
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


def nonfinites_of(steps: Ints, values: Floats, size: int) -> NonFinites:
    """Count the non-finite values of each kind in each stretch of `size` steps."""
    odd = ~np.isfinite(values)
    if not odd.any():
        return np.empty(0, OTHER)
    others = np.empty(int(odd.sum()), OTHER)
    others["step"], others["count"] = steps[odd], 1
    others["what"] = np.select([np.isnan(values[odd]), values[odd] > 0], [0, 1], 2)
    merged, _ = merge_nonfinites(others, others["step"] // size)
    return merged[np.argsort(merged["step"], kind="stable")]


def merge_nonfinites(others: NonFinites, groups: npt.NDArray[Any]) -> tuple[NonFinites, Ints]:
    """Merge the records of each kind in each of `groups`. Returns them, and which of `others` is the first of each."""
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
    """Read stored records, one piece after the other."""
    return np.frombuffer(b"".join(packed), dtype)


def _decimals(values: Floats) -> int | None:
    """Find the power of ten that turns `values` into whole numbers and exactly back; None if there is none."""
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
    """Encode a column: a scheme is three times the number of the encoding, plus the order of the differences."""
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
