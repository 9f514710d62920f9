"""Choose the checkpoint to resume from, and check that the run can continue from it exactly."""

from trainer.checkpointing import checkpoint
from trainer.checkpointing.checkpoint import Checkpoint, Position
from trainer.contract.config import Problem
from trainer.contract.rundir import RunDir
from trainer.distributed.world import World
from trainer.telemetry.step_log import StepLog


def newest_checkpoint(run: RunDir, names: list[str], world: World, log: StepLog) -> Checkpoint | None:
    """Load the newest checkpoint that reads well, or None to begin from scratch; warn of damaged ones."""
    if world.is_main:
        checkpoint.sweep(run)
    found, damaged = checkpoint.newest(run, names)
    for path in damaged:
        message = f"The checkpoint {path.name} cannot be read and is passed over. Delete it, or bring back its files."
        log.warning("checkpoint_damaged", message, path=str(path.relative_to(run.path)))
    if found is None:
        log.warning("no_checkpoint", "There is no checkpoint to resume from. The run begins from scratch.")
    return found


def check_position(position: Position, now: Position, log: StepLog) -> None:
    """Compare a checkpoint's position with `now`, the run's own by its config and data, and warn of differences.
    Raises: Problem if the run cannot continue as it would have without the break.
    """
    if position.world_size != now.world_size:
        problem = f"The checkpoint was made by {position.world_size} ranks; there are {now.world_size} now."
        hint = f"Set num_processes to {position.world_size} in the run's config.json."
        raise Problem("world_size_changed", problem, hint, "num_processes")
    if position.batch_size != now.batch_size:
        problem = f"The checkpoint was made with batches of {position.batch_size}; they are of {now.batch_size} now."
        hint = f"Set batch_size to {position.batch_size} in the run's config.json, or start a new run."
        raise Problem("batch_size_changed", problem, hint, "batch_size")
    goes_on = f"The run goes on from step {position.step}, in an order that differs from the one begun."
    if position.samples != now.samples:
        message = f"The data set had {position.samples} usable clips and has {now.samples} now. {goes_on}"
        log.warning("dataset_changed", message, before=position.samples, now=now.samples)
    elif position.buckets not in (None, now.buckets):
        message = f"The clips of each shape were {position.buckets} and are {now.buckets} now. {goes_on}"
        log.warning("buckets_changed", message, before=position.buckets, now=now.buckets)
    if (position.held_out or 0) != now.held_out:
        message = (
            f"{position.held_out or 0} clips were held out and {now.held_out} are now. "
            "Some of those evaluated as unseen may have been trained on."
        )
        log.warning("validation_changed", message, before=position.held_out or 0, now=now.held_out)
