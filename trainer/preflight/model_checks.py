"""Check the model's parts: load each, have it do one piece of work, and free it.

F frames, H height, W width, C channels or colours, B batch, T tokens, D features.
"""

import gc
import math
from dataclasses import dataclass
from typing import Any

import torch

from trainer.contract.config import Problem
from trainer.contract.plan import buckets
from trainer.contract.plan.memory import text_encoder_fits
from trainer.contract.plan.sizes import SIZES
from trainer.contract.shape import Shape
from trainer.data.clip import read_sample
from trainer.data.image import image_size
from trainer.data.metadata import Row
from trainer.data.video import Frames, clip_size
from trainer.distributed import process_group
from trainer.distributed.parallelism import Parallelism
from trainer.distributed.world import World
from trainer.lora import adapter
from trainer.models import ModelSpec, get_model
from trainer.models.registry import DIT, TEXT_ENCODER, VAE
from trainer.models.wan import pipeline
from trainer.models.wan.dit import FastDit
from trainer.models.wan.lora_module import LoraModule
from trainer.models.wan.text import encode_text
from trainer.models.wan.vae import as_input, encode_clip
from trainer.optim import optimizer
from trainer.performance.out_of_memory import OUT_OF_MEMORY, REMEDY, memory_in_use
from trainer.preflight.base_model_files import is_here
from trainer.preflight.checks import CheckContext, Finding, failure, ok, warning

TRIED_CLIPS = 5
"""A damaged clip is set aside by a run; so many in a row mean that something else is wrong."""
_ALONE = World(0, 1, 0)


def clip(context: CheckContext) -> Finding:
    """Take the first clip that can be decoded through the VAE. Raises: Problem."""
    if not is_here(context.config, VAE):
        return _not_downloaded()
    with _Loading(context) as place:
        rows, _ = context.table
        ordered = sorted(rows, key=lambda row: row.is_image)  # a video says more than an image
        row, frames_FHWC, damaged = _first_whole(context, ordered[:TRIED_CLIPS])
        context.at("loading the VAE")
        pipe = pipeline.load_vae(place.spec, context.config, place.device, place.encoder_dtype)
        x_BCFHW = as_input(pipe, frames_FHWC)
        context.at(f"encoding {row.video} by the VAE, `x_BCFHW {_shape_text(x_BCFHW)}`")
        latents_BCFHW = encode_clip(pipe, frames_FHWC)
        finite = bool(torch.isfinite(latents_BCFHW).all())  # waits for the GPU
        shapes = {
            "frames_FHWC": list(frames_FHWC.shape),
            "x_BCFHW": list(x_BCFHW.shape),
            "latents_BCFHW": list(latents_BCFHW.shape),
        }
        found = f"{row.video}: `x_BCFHW {_shape_text(x_BCFHW)}`, `latents_BCFHW {_shape_text(latents_BCFHW)}`"
        frames, height, width, _ = frames_FHWC.shape
        stride = SIZES[place.spec.name].vae_stride
        if list(latents_BCFHW.shape[2:]) != [(frames - 1) // 4 + 1, height // stride, width // stride]:
            hint = "The VAE is not the one of this model: look at model_paths."
            return failure("latents_misshapen", f"{found}: not what the DiT takes.", hint, shapes=shapes)
        if not finite:
            hint = "Use mixed_precision fp32 or bf16, or another copy of the VAE."
            return failure("latents_not_finite", f"{found}, with NaN or infinity in it.", hint, shapes=shapes)
        if damaged:
            return warning(f"{found}. Before it, {damaged}", "A run sets such clips aside.", shapes=shapes)
        return ok(found, shapes=shapes)


def caption(context: CheckContext) -> Finding:
    """Take the first caption through the text encoder. Raises: Problem."""
    if not is_here(context.config, TEXT_ENCODER):
        return _not_downloaded()
    with _Loading(context) as place:
        rows, _ = context.table
        device = place.device
        if context.cards:
            card_bytes = min(card.memory_bytes for card in context.cards)
            if not text_encoder_fits(SIZES[place.spec.name], place.encoder_dtype.itemsize, card_bytes):
                device = torch.device("cpu")
        context.at(f"loading the text encoder to {device}")
        pipe = pipeline.load_text_encoder(place.spec, context.config, device, place.encoder_dtype)
        prompt = rows[0].prompt
        context.at(f"encoding {prompt[:40]!r} by the text encoder")
        context_BTD = encode_text(pipe, prompt)
        _, mask = pipe.tokenizer(prompt, return_mask=True, add_special_tokens=True)
        tokens = int(mask.sum())
        shapes = {"context_BTD": list(context_BTD.shape)}
        found = (
            f"{tokens} tokens, `context_BTD {_shape_text(context_BTD)}`, "
            f"on the {device.type.upper().replace('CUDA', 'GPU')}"
        )
        if not torch.isfinite(context_BTD).all():
            hint = "Use mixed_precision fp32 or bf16, or another copy of the text encoder."
            return failure("context_not_finite", f"{found}, with NaN or infinity in it.", hint, shapes=shapes)
        return ok(found, tokens=tokens, shapes=shapes)


def passes(context: CheckContext) -> Finding:
    """Do one optimizer step on noise of the largest shape. Raises: Problem."""
    config = context.config
    if not is_here(context.config, DIT):
        return _not_downloaded()
    if Parallelism.of(config, context.ranks).shards_base:
        return Finding(standing="skipped", found="With zero3 no card has the whole base: the run itself tries this.")
    with _Loading(context) as place:
        context.at("loading the DiT")
        pipe = pipeline.load_dit(place.spec, config, place.device, place.dtype)
        context.at("adding the LoRA")
        parameters = adapter.inject_lora(pipe.dit, config)
        fast = FastDit(pipe, compiled=False)
        recomputed = config.use_gradient_checkpointing is True or (
            config.use_gradient_checkpointing == "auto" and place.device.type == "cuda"
        )
        fast.checkpointed = len(pipe.dit.blocks) if recomputed else 0
        module = LoraModule(pipe, parameters)
        steps = optimizer.make_optimizer(None, config, _ALONE, module, list(parameters), False, lambda _: None)
        largest = max(config.shapes, key=lambda shape: shape.tokens)
        latents_BCFHW = _noise(pipe, place, largest, config.batch_size)
        text_dim = pipe.dit.text_embedding[0].in_features
        context_BTD = torch.randn(config.batch_size, 512, text_dim, device=place.device, dtype=place.dtype)
        inputs: dict[str, Any] = {"input_latents": latents_BCFHW, "context": context_BTD}
        if config.extra_inputs == "input_image" and latents_BCFHW.shape[2] > 1:
            inputs |= {"first_frame_latents": latents_BCFHW[:, :, 0:1], "fuse_vae_embedding_in_latents": True}
        while True:
            loss = float(steps.micro_step(inputs, 1.0, lambda phase: context.at(f"at the {phase} pass")))
            context.at("at the optimizer's step")
            norm = float(steps.step(config.learning_rate))
            # In fp16 the first steps of a run overflow, too, until the scale is low enough.
            if math.isfinite(norm) or steps.scale is None or not steps.scale.lower():
                break
        return _judge_step(loss, norm, latents_BCFHW, place.device, fast.checkpointed)


def _judge_step(
    loss: float, norm: float, latents_BCFHW: torch.Tensor, device: torch.device, recomputed: int
) -> Finding:
    found = f"loss {loss:.4g}, gradient norm {norm:.4g} at `latents_BCFHW {_shape_text(latents_BCFHW)}`"
    details: dict[str, Any] = {"shapes": {"latents_BCFHW": list(latents_BCFHW.shape)}}
    if device.type == "cuda":
        peak_bytes = torch.cuda.max_memory_allocated(device)
        details["peak_bytes"] = peak_bytes
        found += f", {peak_bytes / 1e9:.1f} GB at most with {recomputed or 'no'} blocks recomputed"
    if not (math.isfinite(loss) and math.isfinite(norm)):
        hint = "Use mixed_precision bf16 or fp32, or another copy of the DiT."
        return failure("passes_not_finite", f"{found}: not finite.", hint, **details)
    if norm == 0:
        hint = "Look at lora_target_modules and at the DiT's file."
        return failure("gradient_zero", f"{found}: nothing would be learnt.", hint, **details)
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
            raise Problem(OUT_OF_MEMORY, f"Memory ran out{used}.", f"{REMEDY}.") from None
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()


def _first_whole(context: CheckContext, rows: list[Row]) -> tuple[Row, Frames, str]:
    """Decode the first of `rows` that can be. Returns it, its frames, and what is wrong with the one before. Raises:
    Problem.
    """
    wrong = ""
    for row in rows:
        context.at(f"decoding {row.video}")
        try:
            return row, read_sample(row, _shape(context, row)), wrong
        except Problem as problem:
            wrong = f"{row.video}: {problem.message}."
            last = problem
    found = f"None of the first {len(rows)} clips can be decoded. {wrong}"
    raise Problem(last.code, found, last.hint, "dataset_base_path")


def _shape(context: CheckContext, row: Row) -> Shape:
    """Choose the shape that the row is trained at. Raises: Problem."""
    shapes = buckets.candidates(context.config, row.is_image)
    if len(shapes) == 1:
        return shapes[0]
    return buckets.nearest(shapes, image_size(row.path) if row.is_image else clip_size(row.path))


def _noise(pipe: pipeline.Pipe, place: _Loading, shape: Shape, count: int) -> torch.Tensor:
    """Draw latents of `count` samples of the shape."""
    stride = SIZES[place.spec.name].vae_stride
    size = ((shape.frames - 1) // 4 + 1, shape.height // stride, shape.width // stride)
    torch.manual_seed(0)
    return torch.randn(count, pipe.dit.in_dim, *size, device=place.device, dtype=place.dtype)


def _shape_text(tensor: torch.Tensor) -> str:
    return "x".join(map(str, tensor.shape))


def _not_downloaded() -> Finding:
    return Finding(standing="skipped", found="The model's files are not on this machine yet.")
