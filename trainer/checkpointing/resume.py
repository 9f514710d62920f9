"""Choose the checkpoint to resume from, and check that the run can continue from it exactly."""

from collections.abc import Mapping

from torch import Tensor

from trainer.checkpointing import checkpoint
from trainer.checkpointing.checkpoint import Checkpoint, Position
from trainer.contract.messages import message
from trainer.contract.problem import Problem
from trainer.contract.rundir import RunDir
from trainer.distributed.world import World
from trainer.lora.save import file_key
from trainer.telemetry.step_log import StepLog

ORDER_SETTINGS = {
    "seed": "seed",
    "gradient_accumulation_steps": "gradient_accumulation_steps",
    "dataset_repeat": "passes",
}
"""The settings that decide the order of the samples, beside those with which a run is not resumed at all, each with its
field of the position."""


def newest_checkpoint(run: RunDir, lora: Mapping[str, Tensor], world: World, log: StepLog) -> Checkpoint | None:
    """Load the newest checkpoint that reads well, or None to begin from scratch; warn of damaged ones.

    Raises: Problem if it is of another LoRA than `lora`, by the parameters' names and shapes.
    """
    if world.is_main:
        checkpoint.sweep(run)
    _check_lora(checkpoint.newest_lora_shapes(run), lora)
    found, damaged = checkpoint.newest(run, list(lora))
    for path in damaged:
        log.warning(message("checkpoint_damaged", checkpoint=path.name), path=str(path.relative_to(run.path)))
    if found is None:
        log.warning(message("no_checkpoint"))
    return found


def _check_lora(stored: Mapping[str, tuple[int, ...]], lora: Mapping[str, Tensor]) -> None:
    """Compare the LoRA of a checkpoint, empty where there is none, with the run's own. Raises: Problem."""
    now = {file_key(name): tuple(parameter.shape) for name, parameter in lora.items()}
    if stored in ({}, now):
        return
    if stored.keys() != now.keys():
        said = message("lora_changed.targets", before=len(stored) // 2, now=len(now) // 2)
        raise Problem(said, "lora_target_modules")
    before, after = (next(shapes[key][0] for key in shapes if ".lora_A." in key) for shapes in (stored, now))
    raise Problem(message("lora_changed", before=before, now=after), "lora_rank")


def check_position(position: Position, now: Position, log: StepLog) -> None:
    """Compare a checkpoint's position with `now`, the run's own by its config and data, and warn of differences.
    Raises: Problem if the run cannot continue as it would have without the break.
    """
    if position.world_size != now.world_size:
        said = message("world_size_changed", before=position.world_size, now=now.world_size)
        raise Problem(said, "num_processes")
    if position.batch_size != now.batch_size:
        said = message("batch_size_changed", before=position.batch_size, now=now.batch_size)
        raise Problem(said, "batch_size")
    _warn_of_settings(position, now, log)
    _warn_of_dataset(position, now, log)


def _warn_of_settings(position: Position, now: Position, log: StepLog) -> None:
    """Warn of settings on which the order of the samples depends; None is one that was not written down."""
    pairs = {name: (getattr(position, field), getattr(now, field)) for name, field in ORDER_SETTINGS.items()}
    changed = {name: pair for name, pair in pairs.items() if pair[0] not in (None, pair[1])}
    if changed:
        before, after = (", ".join(f"{name} {_shown(pair[at])}" for name, pair in changed.items()) for at in (0, 1))
        said = message("settings_changed", before=before, now=after, step=position.step)
        log.warning(said, **{name: {"before": pair[0], "now": pair[1]} for name, pair in changed.items()})


def _shown(value: object) -> str:
    """Write the passes of data sets as people set them: 10, or 10 and 0.5."""
    return " and ".join(f"{one:g}" for one in value) if isinstance(value, tuple) else str(value)


def _warn_of_dataset(position: Position, now: Position, log: StepLog) -> None:
    """Warn of other clips, another order, other captions or another split."""
    before, after = position.dataset or now.dataset, now.dataset
    assert before is not None
    assert after is not None
    if position.samples != now.samples:
        said = message("dataset_changed", before=position.samples, now=now.samples, step=position.step)
        log.warning(said, before=position.samples, now=now.samples)
    elif position.buckets not in (None, now.buckets):
        said = message("buckets_changed", before=position.buckets, now=now.buckets, step=position.step)
        log.warning(said, before=position.buckets, now=now.buckets)
    elif before.trained != after.trained:
        log.warning(message("dataset_changed.files", step=position.step))
    held_out = position.held_out or 0
    if held_out != now.held_out:
        said = message("validation_changed", before=held_out, now=now.held_out)
        log.warning(said, before=held_out, now=now.held_out)
    elif before.held_out != after.held_out:
        log.warning(message("validation_changed.files"))
    if (before.trained, before.held_out) == (after.trained, after.held_out) and before.captions != after.captions:
        log.warning(message("dataset_changed.captions", step=position.step))
    is_same = (before.trained, before.held_out) == (after.trained, after.held_out)
    if is_same and position.buckets in (None, now.buckets) and before.pictures not in (None, after.pictures):
        log.warning(message("dataset_changed.pictures", step=position.step))
