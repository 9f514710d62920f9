import math
import time
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.data.sampler import Sampler


def plan(*buckets: int, repeat: int = 1, **given: int | None) -> Sampler:
    settings = {
        "parts": tuple((size,) for size in buckets or (10,)),
        "passes": (float(repeat),),
        "epochs": 1,
        "world_size": 1,
        "batch_size": 1,
        "accumulation": 1,
        "max_steps": None,
        "seed": 0,
    }
    return Sampler(**(settings | given))  # type: ignore[arg-type]


def test_the_mission_that_took_246_days_instead_of_5() -> None:
    mission = plan(170_180, repeat=10, epochs=5, world_size=2)
    assert mission.total_steps == 4_254_500


def test_an_epoch_ends_its_last_step_short() -> None:
    short = plan(7, world_size=2, accumulation=3, epochs=2)
    assert (short.micro_steps_per_epoch, short.steps_per_epoch, short.total_steps) == (4, 2, 4)
    assert [short.span(step).micro_steps for step in range(1, 5)] == [range(3), range(3, 4), range(4, 7), range(7, 8)]
    assert [short.span(step).epoch for step in range(1, 5)] == [1, 1, 2, 2]


def test_max_steps_only_shortens() -> None:
    assert plan(max_steps=4).total_steps == 4
    assert plan(max_steps=400).total_steps == 10


@given(
    buckets=st.lists(st.integers(1, 20), min_size=1, max_size=4),
    repeat=st.integers(1, 3),
    world_size=st.integers(1, 4),
    batch_size=st.integers(1, 4),
    accumulation=st.integers(1, 5),
    seed=st.integers(0, 2**31 - 1),
)
def test_an_epoch_takes_every_sample_as_often_as_the_others(
    buckets: list[int], repeat: int, world_size: int, batch_size: int, accumulation: int, seed: int
) -> None:
    settings = {"repeat": repeat, "world_size": world_size, "batch_size": batch_size, "accumulation": accumulation}
    given = plan(*buckets, epochs=2, seed=seed, **settings)
    spans = [given.span(step) for step in range(1, given.total_steps + 1)]
    micro_steps = [micro_step for span in spans for micro_step in span.micro_steps]
    assert micro_steps == list(range(2 * given.micro_steps_per_epoch)), "as many as were announced"
    assert [span.epoch for span in spans] == sorted(span.epoch for span in spans)
    bucket_of = [bucket for bucket, size in enumerate(buckets) for _ in range(size)]
    for epoch in range(2):
        taken: Counter[int] = Counter()
        begin = epoch * given.micro_steps_per_epoch
        for micro_step in range(begin, begin + given.micro_steps_per_epoch):
            batches = [given.batch(micro_step, rank) for rank in range(world_size)]
            assert {len(batch) for batch in batches} == {batch_size}
            assert len({bucket_of[sample] for batch in batches for sample in batch}) == 1, "one shape for all ranks"
            taken.update(sample for batch in batches for sample in batch)
        for bucket, size in enumerate(buckets):
            counts = [taken[sample] for sample, its in enumerate(bucket_of) if its == bucket]
            assert min(counts) >= repeat, "none is left out"
            assert sum(counts) - size * repeat < given.global_batch, "less than a batch is filled up"


@given(size=st.integers(1, 30), repeat=st.integers(1, 3), world_size=st.integers(1, 4), seed=st.integers(0, 99))
def test_with_one_bucket_the_order_is_that_of_before_there_were_any(
    size: int, repeat: int, world_size: int, seed: int
) -> None:
    given = plan(size, repeat=repeat, world_size=world_size, seed=seed, epochs=2)
    for epoch in range(2):
        order = np.random.RandomState([seed, epoch]).permutation(size * repeat) % size
        for place in range(given.micro_steps_per_epoch):
            for rank in range(world_size):
                position = (place * world_size + rank) % len(order)
                assert given.batch(epoch * given.micro_steps_per_epoch + place, rank) == (order[position],)


def test_buckets_are_mixed_within_an_epoch() -> None:
    given = plan(40, 40, epochs=2)
    epochs = [[given.batch(epoch * 80 + m, 0)[0] for m in range(80)] for epoch in range(2)]
    for taken in epochs:
        assert 10 <= sum(sample < 40 for sample in taken[:40]) <= 30
        assert sorted(taken) == list(range(80))
    assert epochs[0] != epochs[1]


def test_the_order_is_the_seeds_and_the_epochs() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        given = plan(50, epochs=2, seed=seed)
        return [given.batch(epoch * 50 + m, 0)[0] for m in range(50)]

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(2, 0)
    assert order(1, 0) != order(1, 1)


def test_the_order_never_changes() -> None:
    """A run that is resumed under a newer numpy has to go on in its order."""
    assert [plan(seed=7).batch(m, 0)[0] for m in range(10)] == [0, 1, 5, 7, 6, 9, 4, 3, 2, 8]


def test_the_order_of_buckets_never_changes() -> None:
    given = plan(3, 4, seed=7, batch_size=2)
    assert [given.batch(m, 0) for m in range(4)] == [(4, 3), (1, 2), (5, 6), (2, 0)]


@pytest.mark.parametrize("buckets", [(170_180,), (70_000, 50_000, 180, 50_000)])
def test_many_positions_are_cheap(buckets: tuple[int, ...]) -> None:
    began = time.thread_time()
    mission = plan(*buckets, repeat=10, epochs=5, world_size=2)
    assert mission.total_steps == 4_254_500
    assert all(0 <= mission.batch(m, 1)[0] < 170_180 for m in range(100_000))
    assert time.thread_time() - began < 20


def parts_plan(parts: tuple[tuple[int, ...], ...], passes: tuple[float, ...], **given: int | None) -> Sampler:
    return replace(plan(**given), parts=parts, passes=passes)


def seen_in_epoch(sampler: Sampler, epoch: int) -> Counter[int]:
    """How often each sample stands in an epoch; of one rank with batches of one."""
    steps = range(epoch * sampler.micro_steps_per_epoch, (epoch + 1) * sampler.micro_steps_per_epoch)
    return Counter(sample for step in steps for sample in sampler.batch(step, 0))


def test_each_data_set_is_seen_as_often_as_it_says() -> None:
    sampler = parts_plan(((3, 0, 4), (2, 5, 0)), (2.0, 1.0, 3.0))
    assert sampler.buckets == (7, 7)
    assert sampler.positions == (3 * 2 + 4 * 3, 2 * 2 + 5)
    seen = seen_in_epoch(sampler, 0)
    assert [seen[sample] for sample in range(14)] == [2] * 3 + [3] * 4 + [2] * 2 + [1] * 5
    assert seen_in_epoch(sampler, 1) == seen


def test_a_weight_takes_the_samples_of_a_data_set_in_turns() -> None:
    sampler = parts_plan(((4, 10),), (1.0, 0.3))
    assert sampler.micro_steps_per_epoch == 7
    epochs = [seen_in_epoch(sampler, epoch) for epoch in range(10)]
    for seen in epochs:
        assert all(seen[sample] == 1 for sample in range(4))
        assert sum(seen.values()) == 7
    rest = sum(epochs, Counter[int]())
    assert [rest[sample] for sample in range(4, 14)] == [3] * 10, "all of them equally often"
    assert set(epochs[0]) != set(epochs[1])


@given(
    st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=2).filter(any), min_size=1, max_size=3),
    st.lists(st.sampled_from([0.1, 0.5, 1.0, 2.0, 2.5]), min_size=2, max_size=2),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_several_data_sets_fill_whole_batches(
    parts: list[list[int]], passes: list[float], ranks: int, batch: int
) -> None:
    sampler = parts_plan(tuple(map(tuple, parts)), tuple(passes), world_size=ranks, batch_size=batch)
    seen = Counter[int]()
    for step in range(sampler.micro_steps_per_epoch):
        taken = [sample for rank in range(ranks) for sample in sampler.batch(step, rank)]
        assert len(taken) == ranks * batch
        seen.update(taken)
    offset = 0
    for part in sampler.parts:
        for size, of in zip(part, passes, strict=True):
            least = math.floor(size * of / size) if size else 0
            assert all(seen[sample] >= least for sample in range(offset, offset + size))
            offset += size
    assert max(seen) < sampler.samples


def test_a_weight_near_nothing_takes_one_sample_an_epoch() -> None:
    assert parts_plan(((0, 10),), (1.0, 1e-300)).positions == (1,)
    assert parts_plan(((4, 10),), (1.0, 1e-9)).positions_of_parts == ((4, 1),)
