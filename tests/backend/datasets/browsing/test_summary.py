from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.backend.datasets.browsing.summary import bins


@given(st.lists(st.floats(-1e6, 1e6), max_size=100))
def test_bins_hold_every_value_once(values: list[float]) -> None:
    found = bins(np.array(values, dtype=float))
    assert sum(one.count for one in found) == len(values)
    if values:
        assert found[0].low <= min(values)
        assert found[-1].high >= max(values)
        assert all(before.high == after.low for before, after in pairwise(found))


def test_one_far_off_does_not_flatten_the_rest() -> None:
    found = bins(np.array([*range(1000), 1e9], dtype=float))
    assert found[-1].high == 1e9
    assert max(one.count for one in found) < 100


def test_a_value_that_all_have_stands_alone() -> None:
    (found,) = bins(np.full(7, 24.0))
    assert (found.low, found.high, found.count) == (24, 24, 7)
