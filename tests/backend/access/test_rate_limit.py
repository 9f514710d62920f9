"""The limits by a clock of the test's own, and none of the waits longer than two seconds."""

import asyncio

import pytest

from services.backend.access import rate_limit
from services.backend.access.rate_limit import RateLimit
from services.backend.errors import TooManyTries


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(rate_limit, "time", found)
    return found


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> list[float]:
    """The waits that were asked for; they pass at once, and no time with them."""
    found: list[float] = []

    async def sleep(seconds: float) -> None:
        found.append(seconds)

    monkeypatch.setattr(rate_limit.asyncio, "sleep", sleep)
    return found


@pytest.fixture
def held(clock: Clock) -> RateLimit:
    return RateLimit()


def wrong(held: RateLimit, client: str) -> None:
    asyncio.run(held.count_try(client))


def right(held: RateLimit, client: str) -> None:
    asyncio.run(held.count_try(client))
    held.give_back_try(client)


def test_five_at_once_and_then_five_a_minute(held: RateLimit, clock: Clock) -> None:
    for _ in range(5):
        wrong(held, "a")
    with pytest.raises(TooManyTries) as caught:
        wrong(held, "a")
    assert caught.value.headers == {"Retry-After": "12"}
    assert caught.value.body.hint == "Try again in 12 seconds."
    wrong(held, "b")
    clock.now += 11.5
    with pytest.raises(TooManyTries, match="Try again in 1 second\\."):
        right(held, "a")
    clock.now += 0.6
    wrong(held, "a")
    clock.now += 3600
    for _ in range(5):
        wrong(held, "a")
    with pytest.raises(TooManyTries):
        wrong(held, "a")


def test_right_tokens_are_not_counted(held: RateLimit) -> None:
    for _ in range(1000):
        right(held, "a")
    for _ in range(5):
        wrong(held, "a")
    with pytest.raises(TooManyTries):
        right(held, "a")


def test_many_addresses_together_are_slowed_down_and_a_right_token_comes_in(
    held: RateLimit, clock: Clock, waits: list[float]
) -> None:
    right(held, "known")
    for number in range(rate_limit.ALL_BURST):
        wrong(held, f"net {number}")
    assert waits == []
    right(held, "somebody")
    assert waits == [pytest.approx(0.1)]
    right(held, "known")
    assert len(waits) == 1, "who had the right token before does not wait"
    for number in range(20):
        wrong(held, f"more {number}")
    assert max(waits) <= rate_limit.WAIT_S
    with pytest.raises(TooManyTries, match="from all sides"):
        wrong(held, "one more")
    right(held, "known")
    clock.now += 1
    right(held, "one more")
    assert waits[-1] <= rate_limit.WAIT_S


def test_what_is_remembered_is_bounded(held: RateLimit, clock: Clock) -> None:
    for number in range(3 * rate_limit.MAX_CLIENTS):
        clock.now += 1
        right(held, f"client {number}")
    assert len(held._by_client) == len(held._trusted) == rate_limit.MAX_CLIENTS
