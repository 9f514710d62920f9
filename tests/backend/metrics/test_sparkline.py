import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.backend.metrics.sparkline import SPARK_BUCKETS, Spark


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=400))
def test_a_sparkline_is_finite_bounded_and_within_its_values(values: list[float]) -> None:
    spark = Spark()
    for step, value in enumerate(values, start=1):
        spark.add(step, value)
    assert 1 <= len(spark.means) <= SPARK_BUCKETS
    margin = 1e-9 * max(map(abs, values))
    assert all(math.isfinite(m) and min(values) - margin <= m <= max(values) + margin for m in spark.means)


def test_a_sparkline_shows_means_over_the_whole_run() -> None:
    spark = Spark()
    for step in range(1, 241):
        spark.add(step, float((step - 1) // 4))
    assert spark.means == pytest.approx([float(n) for n in range(60)])
    again = Spark(spark.stored())
    again.add(241, 7.0)
    assert len(again.means) == 31
    assert again.means[-1] == 7.0


def test_a_resumed_run_draws_its_last_stretch_anew() -> None:
    spark = Spark()
    for step in range(1, 41):
        spark.add(step, 1.0)
    spark.drop_from(31)
    for step in range(31, 36):
        spark.add(step, 5.0)
    assert spark.means == [1.0] * 30 + [5.0] * 5


def test_a_far_step_costs_nothing() -> None:
    spark = Spark()
    spark.add(1, 1.0)
    spark.add(2**53, 3.0)
    assert spark.means == [1.0, 3.0]
