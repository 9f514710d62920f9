"""Finds near-duplicates by perceptual hashes, pairs that differ in few of 64 bits, without comparing all with all.

Two hashes that differ in at most d bits are the same in at least one of d + 1 parts, so only those that share a part
are compared (multi-index hashing: Norouzi, Punjani, Fleet 2012).
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

MOST_BITS = 8
"""With more, the parts become so short that nearly everything is compared."""
_BLOCK = 1 << 22
"""Comparisons at a time: 32 MB."""

Ints = npt.NDArray[np.int64]


def leaders(hashes: npt.NDArray[np.uint64], bits: int) -> Ints:
    """Find for each hash the position of the earlier one that it is a near-duplicate of, -1 if there is none.

    A near-duplicate is no leader itself. So the hashes that remain are far apart, and none is dropped because of one
    that is dropped, too.
    """
    unique, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    order = np.argsort(first)  # of unique hashes, as they come
    found = np.full(len(unique), -1, dtype=np.int64)
    for later, earlier in _pairs(unique[order], bits):
        if found[later] == -1 and found[earlier] == -1:
            found[later] = earlier
    of_unique = np.empty(len(unique), dtype=np.int64)
    of_unique[order] = np.where(found == -1, np.arange(len(order)), found)  # its leader, maybe itself
    answer = first[order][of_unique[inverse]]
    answer[answer == np.arange(len(hashes))] = -1
    return np.asarray(answer, dtype=np.int64)


def _pairs(hashes: npt.NDArray[np.uint64], bits: int) -> list[tuple[int, int]]:
    """Find the (later, earlier) positions of different hashes that differ in at most `bits`; sorted."""
    edges = np.linspace(0, 64, bits + 2).astype(int)
    found = [np.empty((0, 2), dtype=np.int64)]
    for begin, end in pairwise(edges.tolist()):
        part = (hashes >> np.uint64(begin)) & np.uint64((1 << (end - begin)) - 1)
        places = np.argsort(part, kind="stable")
        bounds = [0, *(np.flatnonzero(np.diff(part[places])) + 1).tolist(), len(places)]
        for start, stop in pairwise(bounds):
            if stop - start > 1:
                found += _within(hashes, places[start:stop], bits)
    pairs = np.unique(np.concatenate(found), axis=0)
    return [(int(later), int(earlier)) for later, earlier in pairs]


def _within(hashes: npt.NDArray[np.uint64], places: Ints, bits: int) -> list[Ints]:
    """Find the pairs among these positions, which ascend."""
    mine, found = hashes[places], []
    rows = max(1, _BLOCK // len(places))
    for begin in range(0, len(places), rows):
        block = mine[begin : begin + rows]
        near = np.bitwise_count(block[:, None] ^ mine[None, : begin + len(block)]) <= bits
        later, earlier = np.nonzero(near)
        later += begin
        is_pair = earlier < later
        found.append(np.stack([places[later[is_pair]], places[earlier[is_pair]]], axis=1))
    return found
