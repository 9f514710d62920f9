import pytest

from services.backend.planning.text import format_pace, format_range


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (21_272_500, 21_272_500, "246 days"),
        (10_800, 18_000, "3 to 5 hours"),
        (10, 186, "10 seconds to 3.1 minutes"),
        (0, 0, "0 seconds"),
    ],
)
def test_seconds_are_told_as_people_say_them(low: float, high: float, told: str) -> None:
    assert format_range(low, high) == told


def test_a_step_is_told_without_an_exponent() -> None:
    assert format_pace(5, 5) == "5 s"
    assert format_pace(0.0605, 0.0605) == "0.0605 s"
    assert format_pace(1.06, 124.2) == "1.1 to 124 s"
    assert format_pace(1250, 1250) == "1,250 s"
