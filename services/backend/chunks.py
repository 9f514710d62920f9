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

_local = threading.local()


def pack(column: npt.NDArray[Any]) -> bytes:
    """A column of 8-byte numbers as bytes."""
    shuffled = np.ascontiguousarray(column.view(np.uint8).reshape(-1, 8).T)
    packed: bytes = _compressor().compress(shuffled.tobytes())
    return packed


def pack_regular(column: Ints) -> bytes:
    """The same for whole numbers that go up evenly for the most part: their differences are what is kept."""
    return pack(np.diff(column, prepend=0))


def unpack_floats(packed: bytes) -> Floats:
    return _unpack(packed, np.float64)


def unpack_regular(packed: bytes) -> Ints:
    """What `pack_regular` was given."""
    differences: Ints = _unpack(packed, np.int64)
    return np.cumsum(differences)


def cells_of(steps: Ints, values: Floats, size: int) -> Cells:
    """The cells of `size` steps over the finite ones of `values`; steps ascend."""
    finite = np.isfinite(values)
    if not finite.all():
        steps, values = steps[finite], values[finite]
    return merge(as_cells(steps, values), steps // size * size)


def as_cells(steps: Ints, values: Floats) -> Cells:
    """Each value as a cell of its own; all are finite."""
    cells = np.empty(len(steps), CELL)
    cells["step"] = steps
    for name in ("min", "max", "mean", "last"):
        cells[name] = values
    cells["count"] = 1
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


def _unpack(packed: bytes, dtype: Any) -> npt.NDArray[Any]:
    shuffled = np.frombuffer(_decompressor().decompress(packed), np.uint8).reshape(8, -1)
    column: npt.NDArray[Any] = np.ascontiguousarray(shuffled.T).view(dtype).reshape(-1)
    return column


def _compressor() -> zstandard.ZstdCompressor:
    if not hasattr(_local, "compressor"):
        _local.compressor = zstandard.ZstdCompressor(level=1)
    return _local.compressor  # type: ignore[no-any-return]


def _decompressor() -> zstandard.ZstdDecompressor:
    if not hasattr(_local, "decompressor"):
        _local.decompressor = zstandard.ZstdDecompressor()
    return _local.decompressor  # type: ignore[no-any-return]
