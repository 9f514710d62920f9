"""Hold one rank's part in an attempt of a run, and read what the attempt begins from.

Whatever can be wrong without torch is read here, as a run's first stage, so that it is said at once.
"""

import os
from dataclasses import dataclass

from trainer.contract.config import RunConfig
from trainer.contract.rundir import RunDir
from trainer.data.metadata import Rejected, Row, read_table
from trainer.distributed.world import World
from trainer.hardware.gpus import Card, check_count, visible_cards
from trainer.lora import starting_file
from trainer.lora.starting_file import LoraFile
from trainer.preflight.at_start import StartupChecks
from trainer.supervision.stop import StopWatch
from trainer.telemetry.step_log import StepLog
from trainer.training import notices


@dataclass(frozen=True)
class Attempt:
    """Name the run and the rank, and hold what the rank writes to and listens to. `number` counts from 1."""

    run: RunDir
    number: int
    world: World
    log: StepLog
    stop: StopWatch

    @property
    def may_resume(self) -> bool:
        """Tell whether attempts came before this one, so that there may be a checkpoint."""
        return self.number > 1


@dataclass(frozen=True)
class Inputs:
    """Hold the data set's rows, this host's cards (one a rank; none on the CPU) and the LoRA file to begin from.

    `starting_file` is None where the run begins with a fresh LoRA, or has checkpoints of its own.
    """

    on_cpu: bool
    cards: list[Card]
    rows: list[Row]
    rejected: list[Rejected]
    starting_file: LoraFile | None


def read_inputs(attempt: Attempt, config: RunConfig) -> Inputs:
    """Read the inputs of a run and warn of the rows that are left out. Raises: Problem."""
    on_cpu = os.environ.get("ACCELERATE_USE_CPU") == "true"
    cards = [] if on_cpu else visible_cards()
    ranks_here = int(os.environ.get("LOCAL_WORLD_SIZE", config.num_processes or 1))
    check_count(ranks_here, cards)
    table = read_table(config)
    begins_from = None if _has_checkpoint(attempt) else starting_file.read_header(config)
    if attempt.world.is_main:
        for note in table.notes:
            attempt.log.warning(note)
        notices.report_rejected(attempt.log, table.rejected)
    return Inputs(on_cpu, cards[:ranks_here], table.rows, table.rejected, begins_from)


def start_checks(attempt: Attempt, config: RunConfig, inputs: Inputs) -> StartupChecks | None:
    """Start the checks that run in a process beside the import of torch; rank 0 alone does them."""
    if not attempt.world.is_main:
        return None
    if _has_checkpoint(attempt):  # then the file that the LoRA began from may be gone
        config = config.model_copy(update={"lora_checkpoint": None})
    return StartupChecks(config, attempt.run.path.parent, attempt.log, inputs.on_cpu, attempt.may_resume)


def _has_checkpoint(attempt: Attempt) -> bool:
    return any(attempt.run.checkpoints.glob("step-*"))
