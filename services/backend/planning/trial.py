"""A trial's result as a source of the plan: the time of its 20 steps, and how it differs from what is planned."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import msgspec

from services.backend.planning.history import SHAPE_SETTINGS, STEP_TIME_SETTINGS
from services.backend.planning.workload import tokens_a_step
from trainer.contract.config import ConfigError, RunConfig, parse_config
from trainer.contract.messages import message, sentence
from trainer.contract.plan.buckets import sizes
from trainer.contract.plan.step_time import Point, Range
from trainer.contract.problem import Problem
from trainer.contract.shape import Shape
from trainer.contract.tasks import TASKS, TaskDir
from trainer.contract.trial import STEPS, Trial

DECILE_SPREAD = 2 * 1.2816
"""Standard deviations between the tenth and the ninetieth of a hundred, of a normal distribution."""
STANDARD_ERRORS = 2.0
"""Standard errors to either side of the mean, which hold it 19 times of 20."""
REPEAT_ERROR = 0.05
"""How far the same run is from itself at another time, which single steps do not show."""
CACHING_ERROR = Range(0.6, 1.25)
"""A trial encodes few clips, the first of them while kernels are chosen."""


@dataclass(frozen=True)
class TrialResult:
    """A trial that was done: its config, what it found, and the samples that it trained on by shape."""

    config: RunConfig
    found: Trial
    shapes: dict[Shape, int]

    @property
    def step(self) -> Range:
        """The seconds of a step, with the error of the mean."""
        error = (self.found.high_s - self.found.low_s) / DECILE_SPREAD / sqrt(self.found.steps)
        low, high = (self.found.seconds_per_step + side * STANDARD_ERRORS * error for side in (-1, 1))
        return Range(max(low, self.found.low_s), high).times(1 - REPEAT_ERROR, 1 + REPEAT_ERROR)

    @property
    def tokens(self) -> float:
        """Tokens of a rank in one step."""
        return tokens_a_step(self.config, self.found.ranks, {shape: (count,) for shape, count in self.shapes.items()})

    @property
    def caching(self) -> tuple[Point, ...]:
        """The seconds to cache a clip on one rank, at the mean of their tokens; empty if all were cached already."""
        if self.found.cache_s is None:
            return ()
        clips = sum(self.shapes.values())
        tokens = sum(self.config.family.tokens(shape) * count for shape, count in self.shapes.items()) / clips
        return (Point(round(tokens), self.found.cache_s),)

    @property
    def text(self) -> str:
        """The trial in words."""
        about = {"steps": STEPS, "card": self.found.card, "samples": self.found.samples}
        if self.found.ranks > 1:
            return sentence("plan.trial.ranks", ranks=self.found.ranks, **about)
        return sentence("plan.trial", **about)

    def peak_bytes(self, config: RunConfig, ranks: int, card: str) -> int | None:
        """Return the peak memory of a step of `config`, on the GPU that needed most; None if it was not measured."""
        if self.found.peak_memory_gb is None or not self.has_same_step(config) or self.difference(config, ranks, card):
            return None
        return round(self.found.peak_memory_gb * 1e9)

    def differing_settings(self, config: RunConfig) -> list[str]:
        """List the settings that decide a step's time and differ from `config`."""
        return [name for name in ("model", *STEP_TIME_SETTINGS) if getattr(self.config, name) != getattr(config, name)]

    def has_same_step(self, config: RunConfig) -> bool:
        """Check whether the trial measured a step of `config`."""
        return not self.differing_settings(config)

    def difference(self, config: RunConfig, ranks: int, card: str) -> str:
        """Say why the trial says nothing about a step of `config`; empty if at most its shape differs."""
        others = [name for name in self.differing_settings(config) if name not in SHAPE_SETTINGS]
        if others:
            return sentence("plan.trial_unused.settings", settings=", ".join(others))
        if self.found.ranks != ranks:
            return sentence("plan.trial_unused.ranks", tried=self.found.ranks, planned=ranks)
        if self.found.card != card:
            return sentence("plan.trial_unused.card", tried=self.found.card, planned=card)
        return ""


def read(logs_dir: Path, task_id: str) -> TrialResult:
    """Read the result of the trial that is the task `task_id`. Raises: Problem if it has none."""
    folder = TaskDir(logs_dir / TASKS / task_id)
    try:
        config = parse_config(json.loads(folder.request.read_bytes())["config"])
        found = msgspec.convert(_newest(folder), Trial)
        shapes = sizes(Counter({Shape.parse(text): count for text, count in found.shapes.items()}).elements())
    except FileNotFoundError:
        raise Problem(message("no_trial", task_id=task_id), "trial") from None
    except (OSError, ValueError, KeyError, ConfigError, msgspec.ValidationError):
        raise Problem(message("no_trial.unfinished", task_id=task_id), "trial") from None
    return TrialResult(config, found, shapes)


def _newest(folder: TaskDir) -> object:
    facts: Sequence[dict[str, object]] = folder.read()[0]
    return next((fact for fact in reversed(facts) if fact.get("type") == "trial"), None)
