"""Check the model's parts: load each, have it do one piece of work, and free it.

F frames, H height, W width, C channels or colours, B batch, T tokens, D features.
"""

import gc
import math
from dataclasses import dataclass
from typing import Any

import torch

from trainer.cache.decoders import Decoders
from trainer.contract.config import RunConfig
from trainer.contract.messages import Message, message, sentence
from trainer.contract.plan.memory import text_encoder_fits
from trainer.contract.plan.sizes import SIZES
from trainer.contract.problem import Problem
from trainer.contract.shape import Shape
from trainer.data.metadata import Row
from trainer.data.placing import place
from trainer.data.unusable import Unusable
from trainer.distributed import process_group
from trainer.distributed.parallelism import Parallelism
from trainer.distributed.world import World
from trainer.lora import adapter
from trainer.media.fitting import Frames
from trainer.models import ModelSpec, get_model
from trainer.models.registry import DIT, TEXT_ENCODER, VAE
from trainer.models.wan import pipeline
from trainer.models.wan.dit import FastDit
from trainer.models.wan.lora_module import LoraModule
from trainer.models.wan.text import encode_text
from trainer.models.wan.vae import as_input, encode_clip
from trainer.optim import optimizer
from trainer.performance.out_of_memory import memory_in_use
from trainer.preflight.base_model_files import is_here
from trainer.preflight.checks import CheckContext, Finding, failure, ok, skipped, warning

TRIED_CLIPS = 5
"""A damaged clip is set aside by a run; so many in a row mean that something else is wrong."""
_ALONE = World(0, 1, 0)


def clip(context: CheckContext) -> Finding:
    """Take the first clip that can be decoded through the VAE. Raises: Problem."""
    if not is_here(context.config, VAE):
        return _not_downloaded()
    with _Loading(context) as place:
        rows = context.table.rows
        ordered = sorted(rows, key=lambda row: row.is_image)  # a video says more than an image
        row, frames_FHWC, damaged = _first_whole(context, ordered[:TRIED_CLIPS])
        context.at(sentence("doing.vae"))
        pipe = pipeline.load_vae(place.spec, context.config, place.device, place.encoder_dtype)
        x_BCFHW = as_input(pipe, frames_FHWC)
        context.at(sentence("doing.encoding_clip", video=row.video, x=_shape_text(x_BCFHW)))
        latents_BCFHW = encode_clip(pipe, frames_FHWC)
        finite = bool(torch.isfinite(latents_BCFHW).all())  # waits for the GPU
        shapes = {
            "frames_FHWC": list(frames_FHWC.shape),
            "x_BCFHW": list(x_BCFHW.shape),
            "latents_BCFHW": list(latents_BCFHW.shape),
        }
        found = message("check.clip", video=row.video, x=_shape_text(x_BCFHW), latents=_shape_text(latents_BCFHW))
        frames, height, width, _ = frames_FHWC.shape
        stride = SIZES[place.spec.name].vae_stride
        if list(latents_BCFHW.shape[2:]) != [(frames - 1) // 4 + 1, height // stride, width // stride]:
            return failure(message("latents_misshapen", found=found), shapes=shapes)
        if not finite:
            return failure(message("latents_not_finite", found=found), shapes=shapes)
        if damaged:
            return warning(message("check.clip_after_damaged", found=found, damaged=damaged), shapes=shapes)
        return ok(found, shapes=shapes)


def caption(context: CheckContext) -> Finding:
    """Take the first caption through the text encoder. Raises: Problem."""
    if not is_here(context.config, TEXT_ENCODER):
        return _not_downloaded()
    with _Loading(context) as place:
        rows = context.table.rows
        device = place.device
        if context.cards:
            card_bytes = min(card.memory_bytes for card in context.cards)
            if not text_encoder_fits(SIZES[place.spec.name], place.encoder_dtype.itemsize, card_bytes):
                device = torch.device("cpu")
        context.at(sentence("doing.text_encoder", device=device))
        pipe = pipeline.load_text_encoder(place.spec, context.config, device, place.encoder_dtype)
        prompt = rows[0].prompt
        context.at(sentence("doing.encoding_caption", prompt=prompt[:40]))
        context_BTD = encode_text(pipe, prompt)
        _, mask = pipe.tokenizer(prompt, return_mask=True, add_special_tokens=True)
        tokens = int(mask.sum())
        shapes = {"context_BTD": list(context_BTD.shape)}
        device_name = device.type.upper().replace("CUDA", "GPU")
        found = message("check.caption", tokens=tokens, context=_shape_text(context_BTD), device=device_name)
        if not torch.isfinite(context_BTD).all():
            return failure(message("context_not_finite", found=found), shapes=shapes)
        return ok(found, tokens=tokens, shapes=shapes)


def passes(context: CheckContext) -> Finding:
    """Do one optimizer step on noise of the largest shape. Raises: Problem."""
    config = context.config
    if not is_here(context.config, DIT):
        return _not_downloaded()
    if Parallelism.of(config, context.ranks).shards_base:
        return skipped(message("check.passes_with_zero3"))
    with _Loading(context) as place:
        context.at(sentence("doing.dit"))
        pipe = pipeline.load_dit(place.spec, config, place.device, place.dtype)
        context.at(sentence("doing.lora"))
        parameters = adapter.inject_lora(pipe.dit, config)
        fast = FastDit(pipe, compiled=False)
        recomputed = config.use_gradient_checkpointing is True or (
            config.use_gradient_checkpointing == "auto" and place.device.type == "cuda"
        )
        fast.checkpointed = len(pipe.dit.blocks) if recomputed else 0
        module = LoraModule(pipe, parameters)
        steps = optimizer.make_optimizer(None, config, _ALONE, module, list(parameters), False, lambda _: None)
        largest = max(config.shapes, key=lambda shape: shape.volume)
        latents_BCFHW = _noise(pipe, place, largest, config.batch_size)
        text_dim = pipe.dit.text_embedding[0].in_features
        context_BTD = torch.randn(config.batch_size, 512, text_dim, device=place.device, dtype=place.dtype)
        inputs: dict[str, Any] = {"input_latents": latents_BCFHW, "context": context_BTD}
        if config.extra_inputs == "input_image" and latents_BCFHW.shape[2] > 1:
            inputs |= {"first_frame_latents": latents_BCFHW[:, :, 0:1], "fuse_vae_embedding_in_latents": True}

        def at_pass(phase: str) -> None:
            context.at(sentence("doing.pass", phase=phase))

        while True:
            loss = float(steps.micro_step(inputs, 1.0, at_pass))
            context.at(sentence("doing.optimizer"))
            norm = float(steps.step(config.learning_rate))
            # In fp16 the first steps of a run overflow, too, until the scale is low enough.
            if math.isfinite(norm) or steps.scale is None or not steps.scale.lower():
                break
        return _judge_step(loss, norm, latents_BCFHW, place.device, fast.checkpointed)


def _judge_step(
    loss: float, norm: float, latents_BCFHW: torch.Tensor, device: torch.device, recomputed: int
) -> Finding:
    values: dict[str, Any] = {"loss": loss, "norm": norm, "latents": _shape_text(latents_BCFHW)}
    details: dict[str, Any] = {"shapes": {"latents_BCFHW": list(latents_BCFHW.shape)}}
    if device.type == "cuda":
        peak_bytes = torch.cuda.max_memory_allocated(device)
        details["peak_bytes"] = peak_bytes
        values["peak_gb"] = peak_bytes / 1e9
        if recomputed:
            found = message("check.passes_on_gpu", recomputed=recomputed, **values)
        else:
            found = message("check.passes_not_recomputed", **values)
    else:
        found = message("check.passes", **values)
    if not (math.isfinite(loss) and math.isfinite(norm)):
        return failure(message("passes_not_finite", found=found), **details)
    if norm == 0:
        return failure(message("gradient_zero", found=found), **details)
    return ok(found, **details)


@dataclass
class _Loading:
    """Choose where and in which formats a part is loaded, and free its memory afterwards.

    Raises, at its end: Problem in the place of torch's error where memory ran out.
    """

    context: CheckContext

    def __enter__(self) -> "_Loading":
        self.spec: ModelSpec = get_model(self.context.config.model)
        self.device = process_group.bind_device(_ALONE)
        self.dtype = pipeline.base_dtype(self.context.config, self.device)
        self.encoder_dtype = pipeline.encoder_dtype(self.dtype)
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        used = memory_in_use(self.device)
        if isinstance(error, torch.OutOfMemoryError):
            raise Problem(message("out_of_memory.check", used=used)) from None
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()


def _first_whole(context: CheckContext, rows: list[Row]) -> tuple[Row, Frames, str]:
    """Decode the first of `rows` that can be. Returns it, its frames, and what is wrong with the one before. Raises:
    Problem.
    """
    wrong = ""
    for row in rows:
        context.at(sentence("doing.decoding", video=row.video))
        try:
            return row, _frames(context.config, row), wrong
        except Problem as problem:
            wrong = sentence("check.clip_damaged", video=row.video, reason=problem.message)
            last = problem
    found = sentence("check.no_clip", clips=len(rows), damaged=wrong)
    raise Problem(Message(last.code, found, last.hint), "dataset_base_path")


def _frames(config: RunConfig, row: Row) -> Frames:
    """Decode the first sample of a row. Raises: Problem."""
    with Decoders(1, config.file_limit_s) as decoders:
        header = decoders.header(row).result()
        if isinstance(header, Unusable):
            raise Problem(header.said)
        ((_, samples),) = place(config, [(row, header)])
        if isinstance(samples, Problem):
            raise samples
        frames = decoders.frames(row, samples[0].shape, samples[0].windows[0]).result()
    if isinstance(frames, Unusable):
        raise Problem(frames.said)
    return frames


def _noise(pipe: pipeline.Pipe, place: _Loading, shape: Shape, count: int) -> torch.Tensor:
    """Draw latents of `count` samples of the shape."""
    stride = SIZES[place.spec.name].vae_stride
    size = ((shape.frames - 1) // 4 + 1, shape.height // stride, shape.width // stride)
    torch.manual_seed(0)
    return torch.randn(count, pipe.dit.in_dim, *size, device=place.device, dtype=place.dtype)


def _shape_text(tensor: torch.Tensor) -> str:
    return "x".join(map(str, tensor.shape))


def _not_downloaded() -> Finding:
    return skipped(message("check.model_not_here"))
