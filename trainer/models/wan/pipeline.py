"""Load DiffSynth's Wan pipeline part by part: each stage of a run holds only the models that it needs.

Import DiffSynth through `import_diffsynth` before anything else does, for its own imports take twice as long.
"""

import contextlib
import fcntl
import gc
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from trainer.contract.config import RunConfig
from trainer.contract.messages import message
from trainer.contract.problem import Problem
from trainer.lora import starting_file
from trainer.lora.starting_file import Layers
from trainer.models import ModelSpec

Pipe = Any
"""diffsynth.pipelines.wan_video.WanVideoPipeline; untyped upstream."""


def import_diffsynth(with_deepspeed: bool) -> None:
    """Import DiffSynth's pipelines without the two costly things that a LoRA of Wan2.2 has no use for.

    DiffSynth imports DeepSpeed wherever it is installed (`core/gradient/gradient_checkpoint.py`), and compiles flex
    attention at import, which pulls in TorchInductor (`core/attention/attention.py`). Only Wan-Animate calls that, and
    uncompiled it works as well. On two CPU cores this takes 7 s instead of 15. The garbage collector, which would go
    through the half a million objects that this makes several times, waits, and leaves them alone from then on.
    """
    if not with_deepspeed:
        sys.modules["deepspeed"] = None  # type: ignore[assignment] # an import of it now raises ModuleNotFoundError
    compile_, torch.compile = torch.compile, _uncompiled
    gc.disable()
    try:
        import diffsynth.pipelines.wan_video  # noqa: F401
    finally:
        torch.compile = compile_
        gc.freeze()
        gc.enable()


def work_offline(config: RunConfig) -> None:
    """Keep Hugging Face's libraries from asking the hub about local files. Call before they are imported."""
    if config.family.is_shipped or (config.model_paths and config.tokenizer_path):
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")


def base_dtype(config: RunConfig, device: torch.device) -> torch.dtype:
    """Choose the number format of the frozen base."""
    if config.mixed_precision == "auto":
        if device.type != "cuda":
            return torch.float32
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    return {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}[config.mixed_precision]


def encoder_dtype(base: torch.dtype) -> torch.dtype:
    """Choose that of the text encoder and the VAE: fp16 ends at 65,504, and nothing scales them like the loss."""
    return torch.float32 if base == torch.float16 else base


def load_dit(spec: ModelSpec, config: RunConfig, device: torch.device, dtype: torch.dtype) -> Pipe:
    """Load a pipeline with the DiT alone, frozen, its scheduler set for training."""
    pipe = _load(spec.dit_configs(config), None, device, dtype)
    pipe.freeze_except([])
    train_schedule(pipe)
    return pipe


def trained_layers(spec: ModelSpec, config: RunConfig) -> Layers:
    """List the layers of the config's targets in the DiT's files without loading them; empty if they name none."""
    files = [path for part in spec.dit_configs(config) for path in local_files(part)]
    return starting_file.trained_layers(files, config.lora_target_modules)


def load_text_encoder(spec: ModelSpec, config: RunConfig, device: torch.device, dtype: torch.dtype) -> Pipe:
    """Load a pipeline with the text encoder and the tokenizer."""
    return _load(spec.encoder_configs(config)[:1], spec.tokenizer_config(config), device, dtype)


def load_vae(spec: ModelSpec, config: RunConfig, device: torch.device, dtype: torch.dtype) -> Pipe:
    """Load a pipeline with the VAE alone, its scheduler set for training."""
    pipe = _load(spec.encoder_configs(config)[1:], None, device, dtype)
    train_schedule(pipe)
    return pipe


def train_schedule(pipe: Pipe) -> None:
    """Set the scheduler to the 1000 weighted timesteps of training, as DiffSynth's DiffusionTrainingModule does."""
    pipe.scheduler.set_timesteps(1000, training=True)


def release(device: torch.device) -> None:
    """Give the memory of what is gone back to the GPU: the next models are of other sizes."""
    if device.type == "cuda":
        torch.cuda.empty_cache()


def local_files(model_config: Any) -> list[Path]:
    """List the files of a part, fetching them if they are not on this machine."""
    _fetch([model_config])
    paths = model_config.path if isinstance(model_config.path, list) else [model_config.path]
    return [Path(path) for path in paths]


def _load(model_configs: list[Any], tokenizer: Any, device: torch.device, dtype: torch.dtype) -> Pipe:
    from diffsynth.pipelines.wan_video import WanVideoPipeline

    _fetch([*model_configs, *([tokenizer] if tokenizer else [])])
    # DiffSynth takes "cpu" but not "cpu:0", and tells much on stdout.
    where = "cpu" if device.type == "cpu" else device
    with contextlib.redirect_stdout(io.StringIO()):
        return WanVideoPipeline.from_pretrained(
            torch_dtype=dtype, device=where, model_configs=model_configs, tokenizer_config=tokenizer
        )


def _fetch(model_configs: list[Any]) -> None:
    """Let DiffSynth download what is missing, one rank of this host at a time. Raises: Problem."""
    for model_config in model_configs:
        if model_config.path is not None:
            continue
        with _host_lock("loradeck-download"), contextlib.redirect_stdout(io.StringIO()):
            try:
                model_config.download_if_necessary()
            except Exception as error:  # the hubs' clients raise whatever their transports raise
                said = message("download_failed", model_id=model_config.model_id, error=error)
                raise Problem(said, "model") from error


@contextlib.contextmanager
def _host_lock(name: str) -> Iterator[None]:
    path = Path(tempfile.gettempdir()) / f"{name}-{os.getuid()}.lock"
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _uncompiled(model: Callable[..., Any] | None = None, **_: Any) -> Any:
    """Stand in for `torch.compile`, leaving the function as it is."""
    return model if model is not None else (lambda function: function)
