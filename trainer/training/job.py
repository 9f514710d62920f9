"""Everything the loop and its periodic work share: what stays as it is, and what changes from step to step."""

import time
from dataclasses import dataclass
from typing import Any

import torch

from trainer.cache.dataloader import LatentDataLoader
from trainer.cache.latent_cache import LatentCache
from trainer.checkpointing.checkpoint import Position
from trainer.contract.config import RunConfig
from trainer.contract.rundir import RunDir
from trainer.data.clip import Clip
from trainer.data.sampler import Sampler
from trainer.distributed.parallelism import Parallelism
from trainer.distributed.world import World
from trainer.evaluation.samples import SampleRequest
from trainer.evaluation.vae_offload import VaeOffload
from trainer.models.wan.pipeline import Pipe
from trainer.optim.optimizer import Optimizer
from trainer.supervision.stop import StopWatch
from trainer.telemetry.step_log import StepLog


@dataclass(frozen=True)
class Job:
    """Hold what is fixed while a run trains. Made by `trainer.training.setup`."""

    config: RunConfig
    run: RunDir
    world: World
    parallelism: Parallelism
    device: torch.device
    log: StepLog
    stop: StopWatch
    accelerator: Any
    pipe: Pipe
    lora: dict[str, torch.nn.Parameter]
    optimizer: Optimizer
    cache: LatentCache
    dataloader: LatentDataLoader
    clips: list[Clip]
    """Those trained on, and after them those held out."""
    sample_requests: list[SampleRequest]
    vae: VaeOffload
    sampler: Sampler
    position: Position
    """Before the first step; a checkpoint has it with its own step."""
    resumed_from: int | None
    """The step of the checkpoint that it goes on from."""


class Interval:
    """Tell whether `minutes` have passed since the last time; never, if None.

    Only rank 0's clock counts: the loop's own collective tells the other ranks.
    """

    def __init__(self, minutes: float | None) -> None:
        self._interval_s = None if minutes is None else minutes * 60
        self.restart()

    def restart(self) -> None:
        """Count from now on."""
        self._since = time.monotonic()

    def due(self) -> bool:
        return self._interval_s is not None and time.monotonic() - self._since >= self._interval_s


@dataclass
class LoopState:
    """Hold what the loop and its periodic work remember from one step to the next."""

    saved_at: int | None
    """The step of the newest checkpoint."""
    save_interval: Interval
    sample_interval: Interval
    skipped_in_a_row: int = 0

    @classmethod
    def at_start_of(cls, job: Job) -> "LoopState":
        config = job.config
        return cls(job.resumed_from, Interval(config.save_minutes), Interval(config.sample_minutes))
