"""Draw sample videos: what the model with the LoRA makes of a prompt, always from the same noise.

DiffSynth's pipeline draws them. Only its prompt unit is exchanged for one that reads the cache: the text encoder, the
largest model of all, need not come back for a sample.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from trainer.cache.decoders import read_sample
from trainer.cache.latent_cache import LatentCache
from trainer.contract.cache.keys import text_key
from trainer.contract.captions import TRIGGER
from trainer.contract.config import RunConfig
from trainer.contract.shape import Shape
from trainer.contract.window import BEGINNING
from trainer.data.metadata import Row
from trainer.media.writer import write_video
from trainer.models.wan.pipeline import Pipe, train_schedule

NEGATIVE_PROMPT = (
    "色调艳丽，过曝，静态，细节模糊不清，字幕，风格，作品，画作，画面，静止，整体发灰，最差质量，低质量，JPEG压缩残留，丑陋的，残缺的，"
    "多余的手指，画得不好的手部，画得不好的脸部，畸形的，毁容的，形态畸形的肢体，手指融合，静止不动的画面，杂乱的背景，三条腿，背景人很多，"
    "倒着走"
)
"""Wan's own, as in all of DiffSynth's examples."""
OWN_FRAME_RATE = 16.0
"""Of sample videos of a model that has no rate of its own, trained on clips as they are."""


@dataclass(frozen=True)
class SampleRequest:
    """One sample video to draw. `first_frame`: the clip whose first frame it begins with, for "image to video"."""

    prompt: str
    first_frame: Row | None
    seed: int


def sample_requests(config: RunConfig, evaluated: Sequence[Row]) -> list[SampleRequest]:
    """List the videos to draw: of the config's prompts, or of the captions of the first two evaluated clips."""
    prompts = own_prompts(config)
    if prompts is None:
        prompts = [row.prompt for row in evaluated[:2]]
    begins_with_image = config.extra_inputs == "input_image"
    frames = [evaluated[number % len(evaluated)] if begins_with_image else None for number in range(len(prompts))]
    seeds = range(config.seed, config.seed + len(prompts))
    return [SampleRequest(prompt, frame, seed) for prompt, frame, seed in zip(prompts, frames, seeds, strict=True)]


def own_prompts(config: RunConfig) -> list[str] | None:
    """List the config's own prompts, with the trigger word where they have "[trigger]"; None if it has none."""
    if config.sample_prompts is None:
        return None
    word = config.trigger_word.strip()
    return [prompt.replace(TRIGGER, word) if word else prompt for prompt in config.sample_prompts]


def encoded_prompts(config: RunConfig, prompts: list[str]) -> list[str]:
    """List the texts that have to be in the cache for `prompts` to be drawn."""
    return prompts + ([NEGATIVE_PROMPT] if config.sample_cfg_scale > 1 else [])


def draw(pipe: Pipe, config: RunConfig, cache: LatentCache, request: SampleRequest, path: Path | None) -> None:
    """Draw `request` to the MP4 `path`, which appears only when it is whole; None if another rank writes it.

    `pipe` has the DiT and the VAE.
    """
    image = None
    if request.first_frame is not None:
        shape = Shape(config.height, config.width, 1)
        image = Image.fromarray(read_sample(request.first_frame, shape, BEGINNING, config.file_limit_s)[0])
    with _reading_prompts(pipe, cache):
        frames = pipe(
            prompt=request.prompt,
            negative_prompt=NEGATIVE_PROMPT,
            input_image=image,
            seed=request.seed,
            height=config.height,
            width=config.width,
            num_frames=config.num_frames,
            num_inference_steps=config.sample_num_inference_steps,
            cfg_scale=config.sample_cfg_scale,
            tiled=False,
            progress_bar_cmd=lambda timesteps: timesteps,
        )
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        write_video(temporary, frames, _frame_rate(config))
        temporary.rename(path)
    finally:
        temporary.unlink(missing_ok=True)


def _frame_rate(config: RunConfig) -> float:
    """Return the frames a second at which the model shows what it has learnt."""
    return config.target_frame_rate or config.family.frame_rate or OWN_FRAME_RATE


@contextmanager
def lora_off(dit: torch.nn.Module) -> Iterator[None]:
    """Disable the LoRA while the context lasts: the base as it was before the training."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    layers = [module for module in dit.modules() if isinstance(module, BaseTunerLayer)]
    for layer in layers:
        layer.enable_adapters(False)
    try:
        yield
    finally:
        for layer in layers:
            layer.enable_adapters(True)


@contextmanager
def _reading_prompts(pipe: Pipe, cache: LatentCache) -> Iterator[None]:
    """Let the pipeline read prompts from the cache; afterwards restore its units and its training schedule."""
    from diffsynth.diffusion.base_pipeline import PipelineUnit
    from diffsynth.pipelines.wan_video import WanVideoUnit_PromptEmbedder

    class CachedPrompt(PipelineUnit):  # type: ignore[misc] # untyped upstream
        def __init__(self) -> None:
            names = WanVideoUnit_PromptEmbedder()
            super().__init__(
                seperate_cfg=True,
                input_params_posi=names.input_params_posi,
                input_params_nega=names.input_params_nega,
                output_params=names.output_params,
            )

        def process(self, pipe: Pipe, prompt: str, positive: bool) -> dict[str, Any]:
            return {"context": cache.read_text(text_key(prompt, cache.tokenizer)).to(pipe.device, pipe.torch_dtype)}

    units = pipe.units
    pipe.units = [CachedPrompt() if isinstance(unit, WanVideoUnit_PromptEmbedder) else unit for unit in units]
    try:
        yield
    finally:
        pipe.units = units
        train_schedule(pipe)
