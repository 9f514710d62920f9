import time

import pytest

from services.backend.access.sessions import SESSION_S, Sessions

ours = Sessions("a-token-of-more-than-20-signs")
others = Sessions("another-token-of-more-signs")


def test_a_session_lasts_thirty_days() -> None:
    assert SESSION_S - 5 < ours.left_s(ours.new()) <= SESSION_S == 30 * 24 * 3600
    assert -65 < ours.left_s(ours.new(time.time() - SESSION_S - 60)) < 0


def test_another_token_knows_neither_the_session_nor_its_name() -> None:
    assert ours.left_s(others.new()) == 0
    assert ours.name != others.name


@pytest.mark.parametrize("place", range(75))
def test_no_sign_of_it_can_be_changed(place: int) -> None:
    value = ours.new()
    assert len(value) == 75
    for sign in ("0", "9", "a", ".", " ", "é"):
        changed = value[:place] + sign + value[place + 1 :]
        assert ours.left_s(changed) == 0 or changed == value


@pytest.mark.parametrize(
    "value", ["", ".", "9" * 20, "9" * 20 + ".", "." + "0" * 64, "-1.x", "é.é", "nan.0", "x" * 400]
)
def test_what_was_never_one(value: str) -> None:
    assert ours.left_s(value) == 0


def test_the_token_is_not_in_it() -> None:
    assert "a-token" not in ours.new() + ours.name
