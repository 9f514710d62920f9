"""A trial as a source of the plan: what its 20 steps took, and in what it differs from what is planned."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import msgspec

from services.backend.planning.history import DECIDES, SHAPES
from services.backend.planning.workload import tokens_a_step
from trainer.contract.config import ConfigError, Problem, RunConfig, parse_config
from trainer.contract.plan.buckets import sizes
from trainer.contract.plan.step_time import Point, Range
from trainer.contract.shape import Shape
from trainer.contract.tasks import TASKS, TaskDir
from trainer.contract.trial import STEPS, Trial

TENTHS = 2 * 1.2816
"""Standard deviations between the tenth and the ninetieth of a hundred, of a normal distribution."""
DOUBTED = 2.0
"""Standard errors to either side of the mean: 19 times of 20."""
ANOTHER_HOUR = 0.05
"""How far the same run is from itself at another time, as with earlier runs: single steps do not show it."""
CACHING_DOUBT = Range(0.6, 1.25)
"""Few clips were encoded, the first of them while kernels were chosen."""


@dataclass(frozen=True)
class Tried:
    """`config` is what the trial was asked for, `shapes` are what it trained on."""

    config: RunConfig
    found: Trial
    shapes: dict[Shape, int]

    @property
    def step(self) -> Range:
        """The seconds of a step, doubted as a mean of so many is."""
        error = (self.found.high_s - self.found.low_s) / TENTHS / sqrt(self.found.steps)
        low, high = (self.found.seconds_per_step + side * DOUBTED * error for side in (-1, 1))
        return Range(max(low, self.found.low_s), high).times(1 - ANOTHER_HOUR, 1 + ANOTHER_HOUR)

    @property
    def tokens(self) -> float:
        """Of a rank in one of its steps."""
        return tokens_a_step(self.config, self.found.ranks, self.shapes)

    @property
    def caching(self) -> tuple[Point, ...]:
        """The seconds of a clip on one rank, at the mean of their tokens; none where all were cached already."""
        if self.found.cache_s is None:
            return ()
        clips = sum(self.shapes.values())
        tokens = sum(shape.tokens * count for shape, count in self.shapes.items()) / clips
        return (Point(round(tokens), self.found.cache_s),)

    @property
    def text(self) -> str:
        """What it was, in words."""
        ranks = f" on each of {self.found.ranks} ranks" if self.found.ranks > 1 else ""
        return f"a trial of {STEPS} steps{ranks} on {self.found.card} ({self.found.samples})"

    def peak_bytes(self, config: RunConfig, ranks: int, card: str) -> int | None:
        """What a step of `config` took at the most on the GPU that needed most; None where that was not measured."""
        if self.found.peak_memory_gb is None or not self.is_like(config) or self.otherness(config, ranks, card):
            return None
        return round(self.found.peak_memory_gb * 1e9)

    def other_settings(self, config: RunConfig) -> list[str]:
        """Those of a step's time in which it differs from `config`."""
        return [name for name in ("model", *DECIDES) if getattr(self.config, name) != getattr(config, name)]

    def is_like(self, config: RunConfig) -> bool:
        """Whether a step of `config` is what was measured, on as many ranks of the same card."""
        return not self.other_settings(config)

    def otherness(self, config: RunConfig, ranks: int, card: str) -> str:
        """In words, why it says nothing of a step of `config`; empty where at most its shape is another."""
        others = [name for name in self.other_settings(config) if name not in SHAPES]
        if others:
            return f"The trial had other settings ({', '.join(others)}): it is not used."
        if self.found.ranks != ranks:
            return f"The trial was on {_told(self.found.ranks)}, and this is on {_told(ranks)}: it is not used."
        if self.found.card != card:
            return f"The trial was on {self.found.card}, and this is on {card}: it is not used."
        return ""


def read(logs_dir: Path, task_id: str) -> Tried:
    """The trial that the task `task_id` was. Raises: Problem where it has no result."""
    folder = TaskDir(logs_dir / TASKS / task_id)
    try:
        config = parse_config(json.loads(folder.request.read_bytes())["config"])
        found = msgspec.convert(_newest(folder), Trial)
        shapes = sizes(Counter({Shape.parse(text): count for text, count in found.shapes.items()}).elements())
    except FileNotFoundError:
        raise _useless(f"There is no trial {task_id}.", "Try 20 steps again, or leave it out.") from None
    except (OSError, ValueError, KeyError, ConfigError, msgspec.ValidationError):
        raise _useless(f"The trial {task_id} has no result.", "Wait for its end, or try 20 steps again.") from None
    return Tried(config, found, shapes)


def _newest(folder: TaskDir) -> object:
    facts: Sequence[dict[str, object]] = folder.read()[0]
    return next((fact for fact in reversed(facts) if fact.get("type") == "trial"), None)


def _useless(message: str, hint: str) -> Problem:
    return Problem("no_trial", message, hint, "trial")


def _told(ranks: int) -> str:
    return "one rank" if ranks == 1 else f"{ranks} ranks"
