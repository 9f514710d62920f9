"""Checkpoints: a folder to resume from exactly, with a LoRA file in it that is good by itself.

    checkpoints/step-<n>/lora.safetensors        the LoRA, fp32
                         optimizer.safetensors   AdamW's state, whole, whichever way it was shared out
                         position.json           Position below

A folder is written under a hidden name and renamed when it is whole. Only trainable tensors are kept, and no pickle.
The schedule and the random numbers follow from the step: see `Plan` and `loop.seed_micro_step`.
"""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError

from trainer.buckets import sizes
from trainer.caching import Clip
from trainer.contract.rundir import RunDir, write_atomic
from trainer.export import read_lora, write_lora
from trainer.plan import Plan
from trainer.stepper import State

LORA, OPTIMIZER, POSITION = "lora.safetensors", "optimizer.safetensors", "position.json"


@dataclass(frozen=True)
class Position:
    """Where in the run a checkpoint stands, and what has to be the same for the run to go on exactly.

    `buckets`: how many samples there are of each shape, `held_out`: how many besides; None where it was not written
    down, in checkpoints of before there was either.
    """

    step: int
    world_size: int
    samples: int
    seed: int
    gradient_accumulation_steps: int
    schema: int = 1
    batch_size: int = 1
    buckets: dict[str, int] | None = None
    held_out: int | None = None

    @classmethod
    def of(cls, step: int, plan: Plan, clips: Sequence[Clip]) -> "Position":
        """`clips`: those of the plan, and after them those held out."""
        return cls(
            step=step,
            world_size=plan.world_size,
            samples=plan.samples,
            seed=plan.seed,
            gradient_accumulation_steps=plan.accumulation,
            batch_size=plan.batch_size,
            buckets={str(shape): n for shape, n in sizes(clip.shape for clip in clips[: plan.samples]).items()},
            held_out=len(clips) - plan.samples,
        )


@dataclass(frozen=True)
class Checkpoint:
    position: Position
    path: Path
    lora: dict[str, torch.Tensor]
    optimizer: State


def folder_of(run: RunDir, step: int) -> Path:
    return run.checkpoints / f"step-{step}"


def save(
    run: RunDir, position: Position, lora: Mapping[str, torch.Tensor], optimizer: State, about: Mapping[str, str]
) -> Path:
    """The new checkpoint's folder, whole and checked. Raises: OSError (a full disk); then nothing of it is left."""
    final = folder_of(run, position.step)
    temporary = final.with_name(f".{final.name}.{os.getpid()}.tmp")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        write_lora(temporary / LORA, lora, about)
        write_atomic(temporary / OPTIMIZER, safetensors.torch.save(optimizer))
        write_atomic(temporary / POSITION, json.dumps(asdict(position), indent=1).encode())
        shutil.rmtree(final, ignore_errors=True)
        os.rename(temporary, final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return final


def newest(run: RunDir, names: list[str]) -> tuple[Checkpoint | None, list[Path]]:
    """The newest checkpoint that reads well, for the parameters `names`, and the newer folders that do not."""
    damaged: list[Path] = []
    for path in sorted(run.checkpoints.glob("step-*"), key=_step_of, reverse=True):
        try:
            position = Position(**json.loads((path / POSITION).read_bytes()))
            lora = read_lora(path / LORA, names)
            return Checkpoint(position, path, lora, safetensors.torch.load_file(path / OPTIMIZER)), damaged
        except (OSError, ValueError, TypeError, KeyError, SafetensorError):
            damaged.append(path)
    return None, damaged


def _step_of(path: Path) -> int:
    number = path.name.removeprefix("step-")
    return int(number) if number.isdecimal() else -1
