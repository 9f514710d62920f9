"""Earlier runs of the same model on the same kind of card, from the database."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Any

from trainer.contract.config import ConfigError, RunConfig, parse_stored_config
from trainer.contract.plan.time_left import Pace

MIN_STEPS = 20
MAX_RUNS = 200
"""Of the model, the newest."""
STEP_TIME_SETTINGS = (
    "buckets",
    "max_area",
    "height",
    "width",
    "num_frames",
    "extra_inputs",
    "lora_rank",
    "lora_target_modules",
    "batch_size",
    "gradient_accumulation_steps",
    "use_gradient_checkpointing",
    "mixed_precision",
    "float8_base",
    "distributed_type",
)
"""The settings that decide the time of a step."""
SHAPE_SETTINGS = ("buckets", "max_area", "height", "width", "num_frames")


@dataclass(frozen=True)
class PastRun:
    """An earlier run. `step_s` is the time of its last steps; the other times are None if it had none of these."""

    config: RunConfig
    ranks: int
    host: str
    step_s: float
    eval_s: float | None
    sample_s: float | None
    cache_s: float | None
    card_bytes: int | None

    def has_same_step(self, config: RunConfig, ranks: int) -> bool:
        """Check whether its steps are those of `config`."""
        return self.ranks == ranks and _same(self.config, config, STEP_TIME_SETTINGS)

    def differs_only_in_shape(self, config: RunConfig, ranks: int) -> bool:
        """Check whether its steps differ from those of `config` in nothing but their shapes."""
        return self.ranks == ranks and _same(
            self.config, config, [name for name in STEP_TIME_SETTINGS if name not in SHAPE_SETTINGS]
        )


def past_runs_on(sql: sqlite3.Connection, model: str, card: str) -> list[PastRun]:
    """Find runs of `model` on `card` with enough steps, the newest first."""
    found = sql.execute(
        "SELECT config, world_size, host, pace, machine, seconds_per_step FROM run"
        " WHERE model = ? AND step >= ? AND seconds_per_step IS NOT NULL ORDER BY created_at DESC LIMIT ?",
        (model, MIN_STEPS, MAX_RUNS),
    )
    runs = []
    for config, ranks, host, pace, machine, step_s in found:
        facts = json.loads(machine)
        if facts.get("card") != card:
            continue
        try:
            runs.append(_past(parse_stored_config(json.loads(config)), ranks, host, json.loads(pace), facts, step_s))
        except ConfigError:
            continue
    return runs


def _past(
    config: RunConfig, ranks: int | None, host: str | None, pace: dict[str, Any], facts: dict[str, Any], step_s: float
) -> PastRun:
    costs = Pace(pace)
    cached = facts.get("cached_clips")
    return PastRun(
        config=config,
        ranks=ranks or 1,
        host=host or "",
        step_s=pace.get("step_s") or step_s,
        eval_s=costs.cost_s("eval"),
        sample_s=costs.cost_s("sample"),
        cache_s=facts["cache_s"] / cached if cached else None,
        card_bytes=facts.get("card_bytes"),
    )


def typical(values: Sequence[float | None]) -> float | None:
    """Return the median of the known values; None if none is known."""
    known = [value for value in values if value is not None]
    return median_low(known) if known else None


def _same(one: RunConfig, other: RunConfig, names: Sequence[str]) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in names)
