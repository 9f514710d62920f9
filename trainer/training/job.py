"""What the training loop and what it pauses for work with."""

from dataclasses import dataclass, field
from typing import Any

import torch

from trainer.cache.dataloader import Feed
from trainer.cache.latent_cache import LatentCache
from trainer.contract.config import RunConfig
from trainer.contract.rundir import RunDir
from trainer.data.clip import Clip
from trainer.data.sampler import Plan
from trainer.distributed.process_group import shares_base
from trainer.distributed.world import World
from trainer.evaluation.samples import Shot
from trainer.evaluation.vae_offload import VaeShelf
from trainer.models.wan.pipeline import Pipe
from trainer.optim.optimizer import Stepper
from trainer.supervision.stop import StopWatch
from trainer.telemetry.step_log import StepLog
from trainer.training.interval import Rhythm


@dataclass
class Job:
    """Made ready by `trainer.train`."""

    config: RunConfig
    run: RunDir
    world: World
    device: torch.device
    dtype: torch.dtype
    log: StepLog
    stop: StopWatch
    accelerator: Any
    pipe: Pipe
    lora: dict[str, torch.nn.Parameter]
    stepper: Stepper
    cache: LatentCache
    feed: Feed
    clips: list[Clip]
    """Those of the plan, and after them those held out."""
    shots: list[Shot]
    vae: VaeShelf
    plan: Plan
    resumed_from: int | None
    """The step of the checkpoint that it goes on from."""
    skipped_in_a_row: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.saved_at = self.resumed_from
        """The step of the newest checkpoint."""
        self.save_rhythm, self.sample_rhythm = Rhythm(self.config.save_minutes), Rhythm(self.config.sample_minutes)

    @property
    def shares_base(self) -> bool:
        return shares_base(self.config, self.world)
