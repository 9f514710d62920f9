"""What was cached and cannot be read any more is made anew, in the midst of training."""

from dataclasses import dataclass

import torch

from trainer.caching import Clip, encode_text, read_sample
from trainer.contract.config import Problem, RunConfig
from trainer.latents import Damaged, LatentCache
from trainer.models import ModelSpec
from trainer.pipeline import load_text_encoder, load_vae
from trainer.step_log import StepLog
from trainer.vae import encode_clip
from trainer.vae_shelf import release
from trainer.world import World


@dataclass
class Mender:
    """What it takes to encode again; `dtype` is the encoders', `text_device` where the text encoder goes, if not to
    `device`. The models are loaded for it, and let go of."""

    config: RunConfig
    spec: ModelSpec
    cache: LatentCache
    world: World
    device: torch.device
    dtype: torch.dtype
    log: StepLog
    text_device: torch.device | None = None

    def mend(self, clip: Clip, damaged: Damaged) -> None:
        """Raises: Problem where the clip itself cannot be read any more either, OSError (a full disk)."""
        of = f"the caption of {clip.row.video}" if damaged.key == clip.text else clip.row.video
        if self.world.is_main:
            message = f"What was cached of {of} is damaged ({damaged}) and is made again."
            self.log.warning(
                "cache_damaged", f"{message} Check the disk if more follow.", video=clip.row.video, key=damaged.key
            )
        self.log.phase("cache", item=f"again: {of}")
        if damaged.key == clip.text:
            pipe = load_text_encoder(self.spec, self.config, self.text_device or self.device, self.dtype)
            self.cache.write_text(clip.text, encode_text(pipe, clip.row.prompt))
        else:
            try:
                frames = read_sample(clip.row, clip.shape)
            except Problem as problem:
                lost = f"What was cached of {of} is damaged, and it cannot be made again: {problem.message}."
                raise Problem("cache_damaged", lost, "Bring the file back and resume the run.") from problem
            pipe = load_vae(self.spec, self.config, self.device, self.dtype)
            self.cache.write_clip(clip.latents, encode_clip(pipe, frames))
        del pipe
        release(self.device)
