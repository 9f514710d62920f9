"""The grid of a window: found at once, however large or far away the window is, and of no more buckets than asked."""

from hypothesis import example, given
from hypothesis import strategies as st

from services.backend.metrics.buckets import StepBuckets, Window

LARGEST = 2.0**53
edges = st.one_of(st.integers(-(2**53), 2**53).map(float), st.integers(-5, 5000).map(float))


@given(edges=st.tuples(edges, edges), buckets=st.one_of(st.integers(1, 10), st.integers(1, 5000)))
@example(edges=(-LARGEST, 2000.0), buckets=1000)
@example(edges=(-1.0, 5.0), buckets=1)
@example(edges=(LARGEST - 12, LARGEST - 1), buckets=1)
@example(edges=(-5.0, -3.0), buckets=1)
def test_any_window_gets_few_enough_buckets(edges: tuple[float, float], buckets: int) -> None:
    grid = StepBuckets(Window(from_x=min(edges), to_x=max(edges), buckets=buckets), [])
    steps = grid.end - grid.start + 1
    if grid.width is None:
        assert steps <= buckets
    else:
        assert grid.end // grid.width - grid.start // grid.width < buckets
    assert grid.start >= 0
    assert steps == 0 or min(edges) <= grid.start <= grid.end <= max(edges)
