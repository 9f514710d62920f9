import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.backend.metrics import chunks

N = 5000
noise = np.random.default_rng(1)
steps = np.arange(N)

COLUMNS = {
    "few digits": (np.round(0.1 + noise.normal(0, 0.05, N), 6), 2.8),
    "float32": (noise.normal(1, 0.1, N).astype(np.float32).astype(np.float64), 4),
    "a smooth curve": (1e-4 * np.cos(steps / 1e6), 1),
    "a clock": (1.79e9 + np.cumsum(0.5 + noise.random(N) * 0.01), 3),
    "a constant": (np.full(N, 1e-4), 0.1),
    "noise": (noise.random(N), 8),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_comes_back_to_the_bit_and_small(name: str) -> None:
    column, bytes_each = COLUMNS[name]
    packed = chunks.pack(column, chunks.scheme_for(column))
    assert chunks.unpack(packed).tobytes() == column.tobytes()
    assert len(packed) / N <= bytes_each


numbers = st.one_of(st.floats(), st.integers(-(10**7), 10**7).map(lambda whole: whole / 1000), st.just(-0.0))


@given(st.lists(numbers, min_size=1, max_size=40), st.integers(0, 32))
def test_any_scheme_keeps_any_column(values: list[float], scheme: int) -> None:
    column = np.array(values, np.float64)
    assert chunks.unpack(chunks.pack(column, scheme)).tobytes() == column.tobytes()
    assert chunks.unpack(chunks.pack(column, chunks.scheme_for(column))).tobytes() == column.tobytes()


@given(st.lists(st.integers(-(2**62), 2**62), min_size=1))
def test_whole_numbers_come_back(values: list[int]) -> None:
    column = np.array(values, np.int64)
    assert chunks.unpack_regular(chunks.pack_regular(column)).tolist() == values


def test_cells_hold_what_lies_under_them() -> None:
    found = chunks.cells_of(np.array([0, 63, 64, 200]), np.array([1.0, 3.0, np.nan, -2.0]), 64)
    assert found.tolist() == [(0, 1.0, 3.0, 2.0, 3.0, 2), (192, -2.0, -2.0, -2.0, -2.0, 1)]
    others = chunks.nonfinites_of(np.array([5, 6, 64]), np.array([np.nan, np.nan, -np.inf]), 64)
    assert others.tolist() == [(5, 0, 2), (64, 2, 1)]
