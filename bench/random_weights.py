"""Files of Wan2.2 TI2V-5B with its true names and shapes and random weights, for a machine that no hub reaches.

    python -m bench.random_weights FOLDER

DiffSynth recognises a model file by its tensors' names and shapes, so these files take every path that the real ones
take, at the real cost in memory and time. What they compute means nothing. They need 23 GB of disk.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import save_file

from trainer.models.wan.pipeline import import_diffsynth

FILES = {
    "1f5ab7703c6fc803fdded85ff040c316": "diffusion_pytorch_model",
    "9c8818c2cbea55eca56c7b447df170da": "models_t5_umt5-xxl-enc-bf16",
    "e1de6c02cdac79f8b739f4d3698cd216": "Wan2.2_VAE",
}
"""DiffSynth's hash of each file, and its name at its hub."""
SHARD_BYTES = 5_000_000_000


def write_all(folder: Path) -> list[Path]:
    """Write the DiT, the text encoder and the VAE in bf16. Files that are there stay. Returns: their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    return [path for model_hash, name in FILES.items() for path in write(folder, name, model_hash)]


def write(folder: Path, name: str, model_hash: str) -> list[Path]:
    """Write one model in shards of `SHARD_BYTES`. Raises: AssertionError where DiffSynth would not recognise it."""
    shards = list(_shards(_shapes(model_hash)))
    paths = [folder / f"{name}-{n:05}-of-{len(shards):05}.safetensors" for n in range(1, len(shards) + 1)]
    for path, shapes in zip(paths, shards, strict=True):
        if path.exists():
            continue
        print(f"writing {path.name}", flush=True)
        save_file({key: _random(key, shape) for key, shape in shapes.items()}, path.with_suffix(".part"))
        path.with_suffix(".part").rename(path)
    from diffsynth.core.loader.file import hash_model_file

    assert hash_model_file([str(path) for path in paths]) == model_hash, f"{name} is not as DiffSynth knows it"
    return paths


def _shapes(model_hash: str) -> dict[str, torch.Size]:
    """The names in the file and their shapes."""
    import importlib

    from diffsynth.configs import MODEL_CONFIGS

    entry = next(entry for entry in MODEL_CONFIGS if entry["model_hash"] == model_hash)
    module, _, cls = entry["model_class"].rpartition(".")
    with torch.device("meta"):
        model = getattr(importlib.import_module(module), cls)(**entry.get("extra_kwargs", {}))
    # The VAE's file lacks the prefix that DiffSynth's converter adds.
    return {key.removeprefix("model."): value.shape for key, value in model.state_dict().items()}


def _shards(shapes: dict[str, torch.Size]) -> Iterator[dict[str, torch.Size]]:
    shard: dict[str, torch.Size] = {}
    for key, shape in shapes.items():
        if shard and 2 * (sum(s.numel() for s in shard.values()) + shape.numel()) > SHARD_BYTES:
            yield shard
            shard = {}
        shard[key] = shape
    yield shard


def _random(key: str, shape: torch.Size) -> torch.Tensor:
    """Weights of the usual spread, so that activations stay finite through thirty blocks."""
    if len(shape) < 2 or "norm" in key:
        return torch.zeros(shape, dtype=torch.bfloat16) if "bias" in key else torch.ones(shape, dtype=torch.bfloat16)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.empty(shape, dtype=torch.bfloat16, device=device).normal_(std=shape[1:].numel() ** -0.5)


if __name__ == "__main__":
    import_diffsynth(with_deepspeed=False)
    for path in write_all(Path(sys.argv[1])):
        print(path)
