"""Write, prune and read checkpoints: folders to resume from exactly, each with a LoRA file that is useful by itself.

    checkpoints/step-<n>/lora.safetensors        the LoRA, fp32
                         optimizer.safetensors   AdamW's state, whole, whichever way it was shared out
                         position.json           Position below
                         evaluation.json         its eval/loss, where it was evaluated; written later than the others

A folder is written under a hidden name and renamed when it is whole and reads back as it was written; it is removed
under a hidden name, too. So a kill leaves whole checkpoints and hidden folders, which the next attempt sweeps. Only
trainable tensors are kept, and no pickle. The schedule and the random numbers follow from the step: see `Sampler` and
`forward_backward.seed_micro_step`.
"""

import json
import math
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import msgspec
import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open

from trainer.checkpointing.dataset_digest import DatasetDigest
from trainer.contract.plan.buckets import sizes
from trainer.contract.rundir import EVALUATION, RunDir, kept_evaluation, sync, write_atomic
from trainer.data.clip import Clip
from trainer.data.sampler import Sampler
from trainer.lora.save import read_lora, write_lora
from trainer.optim.optimizer import State
from trainer.verified_write import write_verified

LORA, OPTIMIZER, POSITION = "lora.safetensors", "optimizer.safetensors", "position.json"


@dataclass(frozen=True)
class Position:
    """Record how far a run is, and what has to stay the same for it to resume exactly.

    `buckets`: how many samples there are of each shape, `held_out`: how many besides, `passes`: as in `Counts`, and
    `dataset`; None where it was not written down, in checkpoints of before there was each. `dataset_repeat` is the
    first of the passes, which older checkpoints have instead, and older versions read.
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
    dataset_repeat: int | None = None
    dataset: DatasetDigest | None = None
    passes: tuple[float, ...] | None = None

    @classmethod
    def of(cls, step: int, plan: Sampler, clips: Sequence[Clip]) -> "Position":
        """Make the position after `step`. `clips`: those trained on, and after them those held out."""
        return cls(
            step=step,
            world_size=plan.world_size,
            samples=plan.samples,
            seed=plan.seed,
            gradient_accumulation_steps=plan.accumulation,
            batch_size=plan.batch_size,
            buckets={str(shape): n for shape, n in sizes(clip.shape for clip in clips[: plan.samples]).items()},
            held_out=len(clips) - plan.samples,
            dataset_repeat=int(plan.passes[0]),
            passes=plan.passes,
            dataset=DatasetDigest.of(clips, plan.samples),
        )

    @classmethod
    def read(cls, path: Path) -> "Position":
        """Read `position.json`; fields of later versions are ignored. Raises: OSError, ValueError."""
        found = msgspec.json.decode(path.read_bytes(), type=cls)
        if found.passes is None and found.dataset_repeat is not None:
            return replace(found, passes=(float(found.dataset_repeat),))
        return found


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
    """Write and verify a checkpoint. Returns its folder. Raises: OSError (a full disk); then nothing of it is left."""
    final = folder_of(run, position.step)
    temporary, replaced = _hidden(final, "tmp"), _hidden(final, "old")
    try:
        for path in (temporary, replaced):
            shutil.rmtree(path, ignore_errors=True)
        temporary.mkdir(parents=True)
        write_lora(temporary / LORA, lora, about)
        write_verified(temporary / OPTIMIZER, safetensors.torch.save(optimizer))
        write_verified(temporary / POSITION, json.dumps(asdict(position), indent=1).encode())
        if final.exists():
            os.rename(final, replaced)
        os.rename(temporary, final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    try:
        sync(run.checkpoints)
    except OSError:
        shutil.rmtree(final, ignore_errors=True)
        raise
    shutil.rmtree(replaced, ignore_errors=True)
    return final


def record_evaluation(run: RunDir, step: int, loss: float) -> None:
    """Keep the eval/loss of the checkpoint of `step` with it. Raises: OSError."""
    if math.isfinite(loss):
        write_atomic(folder_of(run, step) / EVALUATION, json.dumps({"eval/loss": loss}).encode())


def evaluation(run: RunDir, step: int) -> float | None:
    """Read the eval/loss of the checkpoint of `step`; None if it was not evaluated or is unreadable."""
    return kept_evaluation(folder_of(run, step))


def prune(run: RunDir, newest_step: int, keep: int) -> list[Path]:
    """Remove what is older than the `keep` checkpoints up to `newest_step`, but for the best; what was removed.

    The best is the one with the lowest eval/loss. What lies past `newest_step` is of an attempt that could not be gone
    on with, and is left to the person. Raises: OSError.
    """
    steps = sorted(step for path in run.checkpoints.glob("step-*") if 0 <= (step := _step_of(path)) <= newest_step)
    losses = {step: loss for step in steps if (loss := evaluation(run, step)) is not None}
    best = min(losses, key=losses.__getitem__, default=None)
    removed = [folder_of(run, step) for step in steps[:-keep] if step != best]
    for path in removed:
        hidden = _hidden(path, "old")
        os.rename(path, hidden)
        shutil.rmtree(hidden)
    return removed


def sweep(run: RunDir) -> None:
    """Remove what an attempt that was killed left half written or half removed."""
    for path in run.checkpoints.glob(".step-*"):
        shutil.rmtree(path, ignore_errors=True)
    for path in run.checkpoints.glob(f"step-*/.{EVALUATION}.*"):
        path.unlink(missing_ok=True)


def newest(run: RunDir, names: list[str]) -> tuple[Checkpoint | None, list[Path]]:
    """Load the newest checkpoint that reads well, with the parameters `names`; and list the newer, damaged folders."""
    damaged: list[Path] = []
    for path in sorted(run.checkpoints.glob("step-*"), key=_step_of, reverse=True):
        try:
            position = Position.read(path / POSITION)
            lora = read_lora(path / LORA, names)
            return Checkpoint(position, path, lora, safetensors.torch.load_file(path / OPTIMIZER)), damaged
        except (OSError, ValueError, TypeError, KeyError, SafetensorError):
            damaged.append(path)
    return None, damaged


def newest_lora_shapes(run: RunDir) -> dict[str, tuple[int, ...]]:
    """Read the shapes of the newest LoRA file that can be read, by the keys in it; empty if there is none."""
    for path in sorted(run.checkpoints.glob("step-*"), key=_step_of, reverse=True):
        try:
            with safe_open(path / LORA, framework="pt") as file:
                return {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError):
            continue
    return {}


def _hidden(path: Path, why: str) -> Path:
    return path.with_name(f".{path.name}.{why}")


def _step_of(path: Path) -> int:
    number = path.name.removeprefix("step-")
    return int(number) if number.isdecimal() else -1
