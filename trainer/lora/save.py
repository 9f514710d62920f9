"""Write and read LoRA files that DiffSynth's `pipe.load_lora` and ComfyUI both read.

The keys are `diffusion_model.<layer>.lora_A.weight` and `...lora_B.weight`. There is no alpha: the scale is 1.
"""

from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch

from trainer.lora.adapter import ADAPTER
from trainer.verified_write import write_verified

_PREFIX = "diffusion_model."


def file_key(name: str) -> str:
    """Return the key in a LoRA file of the parameter that PEFT calls `name`."""
    return _PREFIX + name.replace(f".{ADAPTER}.weight", ".weight")


def write_lora(path: Path, lora: Mapping[str, torch.Tensor], about: Mapping[str, str]) -> None:
    """Write the LoRA of PEFT's names to `path` and read it back. `about` goes to the file's metadata.

    Raises: OSError, where the disk is full or what was read back is not what was written.
    """
    tensors = {file_key(name): tensor.detach().to("cpu").contiguous() for name, tensor in lora.items()}
    write_verified(path, safetensors.torch.save(tensors, metadata={"format": "pt", **about}))


def read_lora(path: Path, names: list[str]) -> dict[str, torch.Tensor]:
    """Read the parameters `names` from the LoRA file `path`. Raises: OSError, KeyError, SafetensorError."""
    stored = safetensors.torch.load_file(path)
    return {name: stored[file_key(name)] for name in names}
