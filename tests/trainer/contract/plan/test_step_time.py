import json
from pathlib import Path

import pytest

from trainer.contract.plan import disk, periodic_work, step_time
from trainer.contract.plan.sizes import SIZES
from trainer.contract.plan.step_time import Point
from trainer.contract.shape import Shape

H100 = "NVIDIA H100 80GB HBM3"
WAN = "wan2.2-ti2v-5b"


def test_the_shipped_figures_are_those_of_the_benchmarks() -> None:
    page = Path("docs/benchmarks.md").read_text()
    for row in step_time.benchmarks(WAN, H100):
        line = next(line for line in page.splitlines() if line.startswith(f"| {row.shape} | {row.step_s:.3f} |"))
        assert line
        assert f"| {row.shape} | {row.cache_s:.3f} |" in page


def test_what_was_measured_is_within_its_range_and_the_range_is_narrow() -> None:
    points = [row.point for row in step_time.benchmarks(WAN, H100)]
    for point in points:
        low, high = step_time.at(points, point.tokens)
        assert low < point.seconds < high < 1.2 * low


@pytest.mark.parametrize("left_out", range(4))
def test_a_shape_is_foretold_by_the_others(left_out: int) -> None:
    points = [row.point for row in step_time.benchmarks(WAN, H100)]
    known = points.pop(left_out)
    low, high = step_time.at(points, known.tokens)
    assert low < known.seconds < high


def test_ranges_do_not_jump_where_they_begin_to_be_carried_over() -> None:
    points = [Point(1000, 1.0), Point(2000, 2.0)]
    for tokens in (999, 1001, 1999, 2001):
        low, high = step_time.at(points, tokens)
        assert 0.7 * tokens / 1000 < low < tokens / 1000 < high < 1.3 * tokens / 1000


@pytest.mark.parametrize(
    ("name", "tflops", "gib"),
    [
        (H100, 989, 80),
        ("NVIDIA H100 PCIe", 756, 80),
        ("NVIDIA H200", 989, 140),
        ("Tesla V100-SXM2-32GB", 125, 32),
        ("Tesla V100-SXM2-16GB", 125, 16),
        ("NVIDIA A100-SXM4-80GB", 312, 80),
        ("NVIDIA GeForce RTX 4090", 165, 24),
        ("NVIDIA L40S", 362, 48),
        ("NVIDIA L4", 121, 24),
    ],
)
def test_cards_are_known_by_the_names_that_drivers_give_them(name: str, tflops: float, gib: int) -> None:
    card = step_time.known_card(name)
    assert card is not None
    assert (card.tflops, card.memory_bytes) == (tflops, gib * 2**30)


def test_a_card_that_is_not_known_is_not_guessed() -> None:
    assert step_time.known_card("Some Card 9000") is None


def test_a_cached_clip_is_as_large_as_was_measured() -> None:
    """docs/benchmarks.md: 2.2, 0.7, 1.7 and 3.1 MB with their captions."""
    for text, measured in (("480x832x49", 2.2), ("480x832x17", 0.7), ("704x1280x17", 1.7), ("480x832x81", 3.1)):
        shape = Shape.parse(text)
        assert disk.latent_bytes(shape, SIZES[WAN], 2) / 1e6 == pytest.approx(measured, rel=0.13)


@pytest.mark.parametrize(
    ("every", "done", "total", "count"),
    [(100, 0, 1000, 10), (100, 0, 1001, 11), (100, 100, 250, 2), (100, 250, 250, 0)],
)
def test_how_often_a_pause_is_still_to_come(every: int, done: int, total: int, count: int) -> None:
    assert periodic_work.times(every, done, total) == count
    steps = [step for step in range(done + 1, total + 1) if step % every == 0 or step == total]
    assert len(steps) == count


def test_every_card_has_its_figures() -> None:
    data = json.loads((Path(step_time.__file__).with_name("speeds.json")).read_text())
    for card in data["cards"]:
        found = step_time.known_card(card["words"])
        assert found is not None
        assert found.tflops == card["tflops"], "none is hidden by one above it"
