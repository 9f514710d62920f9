"""What earlier runs took, of the same model on the same kind of card, from the database."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Any

from trainer.contract.config import ConfigError, RunConfig, parse_config
from trainer.contract.plan.time_left import Pace

LEAST_STEPS = 20
LOOKED_AT = 200
"""Newest runs of the model."""
DECIDES = (
    "buckets",
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
"""The settings that a step's time depends on."""
SHAPES = ("buckets", "height", "width", "num_frames")


@dataclass(frozen=True)
class Past:
    """An earlier run. `step_s`: what its last steps took; the others None where it had none."""

    config: RunConfig
    ranks: int
    host: str
    step_s: float
    eval_s: float | None
    sample_s: float | None
    cache_s: float | None
    card_bytes: int | None

    def is_like(self, config: RunConfig, ranks: int) -> bool:
        """Whether its steps are those of `config`."""
        return self.ranks == ranks and _same(self.config, config, DECIDES)

    def differs_in_shape(self, config: RunConfig, ranks: int) -> bool:
        """Whether nothing but the shapes is different."""
        return self.ranks == ranks and _same(self.config, config, [name for name in DECIDES if name not in SHAPES])


def on_card(sql: sqlite3.Connection, model: str, card: str) -> list[Past]:
    """Runs of `model` on `card` with enough steps, the newest first."""
    found = sql.execute(
        "SELECT config, world_size, host, pace, machine, seconds_per_step FROM run"
        " WHERE model = ? AND step >= ? AND seconds_per_step IS NOT NULL ORDER BY created_at DESC LIMIT ?",
        (model, LEAST_STEPS, LOOKED_AT),
    )
    runs = []
    for config, ranks, host, pace, machine, step_s in found:
        facts = json.loads(machine)
        if facts.get("card") != card:
            continue
        try:
            runs.append(_past(parse_config(json.loads(config)), ranks, host, json.loads(pace), facts, step_s))
        except ConfigError:
            continue
    return runs


def _past(
    config: RunConfig, ranks: int | None, host: str | None, pace: dict[str, Any], facts: dict[str, Any], step_s: float
) -> Past:
    costs = Pace(pace)
    cached = facts.get("cached_clips")
    return Past(
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
    known = [value for value in values if value is not None]
    return median_low(known) if known else None


def _same(one: RunConfig, other: RunConfig, names: Sequence[str]) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in names)
