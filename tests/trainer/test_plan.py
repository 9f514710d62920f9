from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.plan import Plan


def plan(**given: int | None) -> Plan:
    settings = {
        "samples": 10,
        "repeat": 1,
        "epochs": 1,
        "world_size": 1,
        "accumulation": 1,
        "max_steps": None,
        "seed": 0,
    }
    return Plan(**(settings | given))  # type: ignore[arg-type]


def test_the_mission_that_took_246_days_instead_of_5() -> None:
    mission = plan(samples=170_180, repeat=10, epochs=5, world_size=2)
    assert mission.total_steps == 4_254_500


def test_an_epoch_ends_its_last_step_short() -> None:
    short = plan(samples=7, world_size=2, accumulation=3, epochs=2)
    assert (short.micro_steps_per_epoch, short.steps_per_epoch, short.total_steps) == (4, 2, 4)
    assert [short.span(step).micro_steps for step in range(1, 5)] == [range(3), range(3, 4), range(4, 7), range(7, 8)]
    assert [short.span(step).epoch for step in range(1, 5)] == [1, 1, 2, 2]


def test_max_steps_only_shortens() -> None:
    assert plan(max_steps=4).total_steps == 4
    assert plan(max_steps=400).total_steps == 10


@given(
    samples=st.integers(1, 30),
    repeat=st.integers(1, 3),
    world_size=st.integers(1, 4),
    accumulation=st.integers(1, 5),
    seed=st.integers(0, 2**31 - 1),
)
def test_an_epoch_takes_every_sample_as_often_as_the_others(
    samples: int, repeat: int, world_size: int, accumulation: int, seed: int
) -> None:
    given = plan(samples=samples, repeat=repeat, epochs=2, world_size=world_size, accumulation=accumulation, seed=seed)
    spans = [given.span(step) for step in range(1, given.total_steps + 1)]
    micro_steps = [micro_step for span in spans for micro_step in span.micro_steps]
    assert micro_steps == list(range(2 * given.micro_steps_per_epoch))
    first = [m for m in micro_steps if m < given.micro_steps_per_epoch]
    taken = [given.sample(m, rank) for m in first for rank in range(world_size)]
    assert set(Counter(taken[: given.positions]).values()) == {repeat}
    assert len(taken) - given.positions < world_size


def test_the_order_is_the_seeds_and_the_epochs() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        given = plan(samples=50, epochs=2, seed=seed)
        return [given.sample(epoch * 50 + m, 0) for m in range(50)]

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(2, 0)
    assert order(1, 0) != order(1, 1)


def test_the_order_never_changes() -> None:
    """A run that is resumed under a newer numpy has to go on in its order."""
    assert [plan(seed=7).sample(m, 0) for m in range(10)] == [0, 1, 5, 7, 6, 9, 4, 3, 2, 8]


@pytest.mark.timeout(20)
def test_many_positions_are_cheap() -> None:
    mission = plan(samples=170_180, repeat=10, epochs=5, world_size=2)
    assert all(0 <= mission.sample(m, 1) < 170_180 for m in range(100_000))
