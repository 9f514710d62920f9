"""Re-encode cache entries that turn out to be corrupt during training."""

from trainer.cache.decoders import read_sample
from trainer.cache.encode import EncodeStage
from trainer.cache.latent_cache import Damaged
from trainer.contract.captions import texts_of
from trainer.contract.messages import message, sentence
from trainer.contract.problem import Problem
from trainer.data.clip import Clip
from trainer.models.wan.pipeline import load_text_encoder, load_vae, release
from trainer.models.wan.text import count_tokens, encode_text
from trainer.models.wan.vae import encode_clip


def repair(stage: EncodeStage, clip: Clip, damaged: Damaged) -> None:
    """Re-encode the damaged part of `clip`, loading the model it needs and freeing it again.

    Raises: Problem where the clip itself cannot be read any more either, OSError (a full disk).
    """
    video = clip.row.video
    of = sentence("cached.caption_of", video=video) if damaged.key in clip.texts else video
    if stage.world.is_main:
        stage.log.warning(message("cache_damaged.again", of=of, reason=damaged), video=video, key=damaged.key)
    stage.log.phase("cache", item=sentence("cached.again", of=of))
    if damaged.key in clip.texts:
        pipe = load_text_encoder(stage.spec, stage.config, stage.text_device or stage.device, stage.dtype)
        dataset = stage.config.datasets[clip.row.dataset]
        caption = texts_of(clip.row.prompt, dataset)[clip.texts.index(damaged.key)]
        stage.cache.write_text(damaged.key, encode_text(pipe, caption), count_tokens(pipe, caption))
    else:
        try:
            window = clip.placed.windows[clip.latents.index(damaged.key)]
            frames = read_sample(clip.row, clip.shape, window, stage.config.file_limit_s)
        except Problem as problem:
            raise Problem(message("cache_damaged.lost", of=of, reason=problem.message)) from problem
        pipe = load_vae(stage.spec, stage.config, stage.device, stage.dtype)
        stage.cache.write_clip(damaged.key, encode_clip(pipe, frames))
    del pipe
    release(stage.device)
