import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.backend.datasets.quality.duplicates import MOST_BITS, leaders


def expected(hashes: list[int], bits: int) -> list[int]:
    """By comparing all with all."""
    found: list[int] = []
    for later, mine in enumerate(hashes):
        near = (
            earlier for earlier in range(later) if found[earlier] == -1 and (hashes[earlier] ^ mine).bit_count() <= bits
        )
        found.append(next(near, -1))
    return found


few_bits = st.lists(st.integers(0, 63), max_size=6).map(lambda places: sum(1 << place for place in set(places)))


@given(hashes=st.lists(few_bits, max_size=40), bits=st.integers(0, MOST_BITS))
@settings(deadline=None)
def test_it_finds_what_comparing_all_with_all_finds(hashes: list[int], bits: int) -> None:
    assert leaders(np.array(hashes, dtype=np.uint64), bits).tolist() == expected(hashes, bits)


def test_what_is_near_a_near_duplicate_alone_stays() -> None:
    assert leaders(np.array([0b0, 0b11, 0b1111], dtype=np.uint64), 2).tolist() == [-1, 0, -1]


def test_one_hash_for_all_and_the_first_users_size() -> None:
    assert leaders(np.zeros(170_180, dtype=np.uint64), 4).tolist() == [-1] + [0] * 170_179
    draw = np.random.default_rng(0)
    hashes = draw.integers(0, 2**64, 170_180, dtype=np.uint64)
    hashes[1000:2000] = hashes[:1000] ^ np.uint64(0b1011)
    found = leaders(hashes, 4)
    assert np.flatnonzero(found >= 0).tolist() == list(range(1000, 2000))
    assert found[1000:2000].tolist() == list(range(1000))
