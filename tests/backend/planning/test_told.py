import pytest

from services.backend.planning.told import range_told


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
    assert range_told(low, high) == told
