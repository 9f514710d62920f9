"""List the checks in their order, and define what a check is given and returns."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import msgspec

from trainer.contract.config import RunConfig
from trainer.contract.messages import Message, sentence
from trainer.contract.plan.sizes import SIZES
from trainer.contract.problem import Problem
from trainer.data.metadata import RunTable, read_table
from trainer.hardware.gpus import Card, visible_cards, visible_gpus
from trainer.supervision.launcher import rank_count

RANK_LIMIT_S = 30.0
"""How long ranks wait for each other."""
_SLOWEST_BYTES_S = 50e6
"""Models are given the time that a disk of this speed takes."""


@dataclass(frozen=True)
class Check:
    """Describe one check: the function of its name in `module` below `trainer.preflight`. It is skipped unless all of
    `needs` went well. `loads` is the part of the model that it reads, for which it gets more time.
    """

    name: str
    limit_s: float
    module: str
    needs: tuple[str, ...] = ()
    loads: Literal["", "dit", "text_encoder", "vae"] = ""

    @property
    def title(self) -> str:
        return sentence(f"title.{self.name}")

    def limit_of(self, config: RunConfig, limits: Mapping[str, float]) -> float:
        """Return the seconds that this check of a run of `config` may take."""
        size = getattr(SIZES[config.model], self.loads) * 2 / _SLOWEST_BYTES_S if self.loads else 0.0
        return limits.get(self.name, round(self.limit_s + size))


SETTINGS = Check("settings", 10, "")
"""Done by `run_checks` itself: nothing is opened for it."""

CHECKS = (
    Check("dataset", 120, "data"),
    Check("schedule", 20, "data", ("dataset",)),
    Check("driver", 15, "machine"),
    Check("shared_memory", 10, "machine"),
    Check("disk", 20, "machine"),
    Check("write_speed", 20, "machine"),
    Check("environment", 120, "software"),
    Check("memory", 20, "software", ("environment",)),
    Check("base", 60, "base_model_files", ("environment",)),
    Check("lora_targets", 30, "base_model_files", ("base",)),
    Check("tokenizer", 60, "base_model_files", ("base",)),
    Check("clip", 120, "model_checks", ("base", "dataset"), "vae"),
    Check("caption", 120, "model_checks", ("tokenizer", "dataset"), "text_encoder"),
    Check("passes", 180, "model_checks", ("base", "lora_targets"), "dit"),
)

DEVICES = Check("devices", 90, "rank_checks", ("environment",))
PAIRS = Check("pairs", RANK_LIMIT_S, "rank_checks", ("devices",))
ALL_REDUCE = Check("all_reduce", RANK_LIMIT_S, "rank_checks", ("pairs",))
RANK_CHECKS = (DEVICES, PAIRS, ALL_REDUCE)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Tell how a check went."""

    standing: Literal["ok", "warning", "failure", "skipped"]
    found: str
    hint: str = ""
    code: str = ""
    field: str | None = None
    """Of the config, where it is to blame."""
    details: dict[str, Any] = {}

    @classmethod
    def of(cls, problem: Problem) -> "Finding":
        return cls(standing="failure", found=problem.message, hint=problem.hint, code=problem.code, field=problem.field)


def ok(said: Message, /, **details: Any) -> Finding:
    return Finding(standing="ok", found=said.message, details=details)


def skipped(said: Message) -> Finding:
    return Finding(standing="skipped", found=said.message)


def warning(said: Message, /, **details: Any) -> Finding:
    """Only a failure has a code: a run warns under the check's name."""
    return Finding(standing="warning", found=said.message, hint=said.hint, details=details)


def failure(said: Message, /, **details: Any) -> Finding:
    return Finding(standing="failure", found=said.message, hint=said.hint, code=said.code, details=details)


@dataclass
class CheckContext:
    """Hold what checks of one run share. `at` is told what is being done, so that a hang can be located."""

    config: RunConfig
    logs_dir: Path
    on_cpu: bool
    """Whether the GPUs are left alone, if there are any."""
    at: Callable[[str], None] = dataclasses.field(default=lambda _: None)

    @cached_property
    def table(self) -> RunTable:
        """Raises: Problem."""
        return read_table(self.config)

    @cached_property
    def cards(self) -> list[Card]:
        return [] if self.on_cpu else visible_cards()

    @cached_property
    def ranks(self) -> int:
        return rank_count(self.config, [] if self.on_cpu else visible_gpus())
