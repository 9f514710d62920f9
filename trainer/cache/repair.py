"""Re-encode cache entries that turn out to be corrupt during training."""

from trainer.cache.encode import EncodeStage
from trainer.cache.latent_cache import Damaged
from trainer.contract.config import Problem
from trainer.data.clip import Clip, read_sample
from trainer.models.wan.pipeline import load_text_encoder, load_vae, release
from trainer.models.wan.text import encode_text
from trainer.models.wan.vae import encode_clip


def repair(stage: EncodeStage, clip: Clip, damaged: Damaged) -> None:
    """Re-encode the damaged part of `clip`, loading the model it needs and freeing it again.

    Raises: Problem where the clip itself cannot be read any more either, OSError (a full disk).
    """
    of = f"the caption of {clip.row.video}" if damaged.key == clip.text else clip.row.video
    if stage.world.is_main:
        message = f"What was cached of {of} is damaged ({damaged}) and is made again."
        stage.log.warning(
            "cache_damaged", f"{message} Check the disk if more follow.", video=clip.row.video, key=damaged.key
        )
    stage.log.phase("cache", item=f"again: {of}")
    if damaged.key == clip.text:
        pipe = load_text_encoder(stage.spec, stage.config, stage.text_device or stage.device, stage.dtype)
        stage.cache.write_text(clip.text, encode_text(pipe, clip.row.prompt))
    else:
        try:
            frames = read_sample(clip.row, clip.shape)
        except Problem as problem:
            lost = f"What was cached of {of} is damaged, and it cannot be made again: {problem.message}."
            raise Problem("cache_damaged", lost, "Bring the file back and resume the run.") from problem
        pipe = load_vae(stage.spec, stage.config, stage.device, stage.dtype)
        stage.cache.write_clip(clip.latents, encode_clip(pipe, frames))
    del pipe
    release(stage.device)
