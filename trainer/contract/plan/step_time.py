"""How long a step takes, before there is one: a range, from what was measured elsewhere or nothing at all.

A step's time grows with the tokens that the DiT sees, and past some thousand of them with their square, for attention;
below, launching kernels is a floor. What was measured at one shape is carried over to another within these bounds.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from trainer.contract.config import RunConfig
from trainer.contract.families import FAMILIES
from trainer.contract.shape import Shape

MEASURED_DOUBT = 0.08
"""How far the same run on the same card is from what was measured, either way."""
BETWEEN_DOUBT = 0.15
"""The same between two shapes that were measured."""
OTHER_CARD = (0.7, 3.0)
"""Of the time that the cards' rates make one expect: older cards have no fast attention."""
OTHER_PROCESSOR = (0.3, 3.0)
SEVERAL_RANKS = {"ddp": (1.0, 1.1), "zero2": (1.0, 1.3), "zero3": (1.1, 8.0)}
"""Beside one rank's step (docs/benchmarks.md): of ZeRO-3 a short step was measured, and longer ones lose less."""
RECOMPUTED = (1.25, 1.5)
FP32 = (3.0, 7.0)
FLOAT8 = (0.6, 1.0)


class Range(NamedTuple):
    low: float
    high: float

    def times(self, low: float, high: float | None = None) -> "Range":
        return Range(self.low * low, self.high * (low if high is None else high))

    def plus(self, other: "Range") -> "Range":
        return Range(self.low + other.low, self.high + other.high)


class Point(NamedTuple):
    """That `tokens` in a micro-step of one rank took so many seconds."""

    tokens: int
    seconds: float


@dataclass(frozen=True)
class Card:
    """A kind of GPU as its maker describes it: dense TFLOP/s in bf16 (fp16 where it has none), and memory."""

    name: str
    tflops: float
    has_bf16: bool
    memory_bytes: int


@dataclass(frozen=True)
class Benchmark:
    """One measured row. `cache_s` is of one clip on one card."""

    model: str
    card: str
    shape: Shape
    batch_size: int
    step_s: float
    cache_s: float | None

    @property
    def point(self) -> Point:
        return Point(FAMILIES[self.model].tokens(self.shape) * self.batch_size, self.step_s)


def carried_over(seconds: float, ratio: float) -> Range:
    """What took `seconds` with `ratio` times the tokens."""
    if ratio <= 1:
        return Range(seconds * ratio * (1 if ratio == 1 else 0.95), seconds * (0.7 * ratio + 0.3))
    return Range(seconds * ratio * 0.95, seconds * ratio**1.5 * 1.05)


def at(points: Sequence[Point], tokens: int) -> Range:
    """The seconds of a micro-step of `tokens`, from what `points` say of the same run at other shapes."""
    below = max((point for point in points if point.tokens <= tokens), default=None)
    above = min((point for point in points if point.tokens >= tokens), default=None)
    if below and above:
        if below.tokens == above.tokens:
            seconds, doubt = below.seconds, MEASURED_DOUBT
        else:
            share = (tokens - below.tokens) / (above.tokens - below.tokens)
            seconds, doubt = below.seconds + share * (above.seconds - below.seconds), BETWEEN_DOUBT
        return Range(seconds * (1 - doubt), seconds * (1 + doubt))
    known = below or above
    assert known is not None
    return carried_over(known.seconds, tokens / known.tokens).times(1 - MEASURED_DOUBT, 1 + MEASURED_DOUBT)


def of_settings(config: RunConfig, ranks: int, recomputes: bool | None) -> Range:
    """What the settings make of a step's time on one rank in the card's own format, in which nothing is recomputed.
    `recomputes`: whether blocks are; None where it is not known."""
    factor = Range(1.0, 1.0)
    if recomputes is not False:
        factor = factor.times(*(RECOMPUTED if recomputes else (1.0, RECOMPUTED[1])))
    if ranks > 1:
        factor = factor.times(*SEVERAL_RANKS[config.distributed_type])
    if config.mixed_precision == "fp32":
        factor = factor.times(*FP32)
    if config.float8_base:
        factor = factor.times(*FLOAT8)
    return factor


def benchmarks(model: str, card: str) -> list[Benchmark]:
    """What was measured of `model` on `card`."""
    return [row for row in _table()[0] if row.model == model and row.card == card]


def measured_cards(model: str) -> list[str]:
    """On which cards there is anything, CPU included."""
    return list(dict.fromkeys(row.card for row in _table()[0] if row.model == model))


def known_card(name: str) -> Card | None:
    """The kind of the GPU that a driver calls `name`."""
    for pattern, card in _table()[1].items():
        if all(word in name.upper().replace("-", " ").split() for word in pattern.upper().split()):
            stated = next((w[:-2] for w in name.upper().replace("-", " ").split() if w.endswith("GB")), "")
            gib = int(stated) if stated.isdecimal() else None
            return Card(name, card.tflops, card.has_bf16, gib * 2**30 if gib else card.memory_bytes)
    return None


@lru_cache(maxsize=1)
def _table() -> tuple[list[Benchmark], Mapping[str, Card]]:
    data = json.loads((resources.files(__package__) / "speeds.json").read_text())
    rows = [
        Benchmark(
            row["model"], row["card"], Shape.parse(row["shape"]), row["batch_size"], row["step_s"], row.get("cache_s")
        )
        for row in data["measured"]
    ]
    cards = {
        card["words"]: Card(card["words"], card["tflops"], card["bf16"], card["gib"] * 2**30) for card in data["cards"]
    }
    return rows, cards
