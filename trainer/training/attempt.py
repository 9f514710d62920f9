"""Hold one rank's part in an attempt of a run, from its first moment on. No torch."""

from dataclasses import dataclass

from trainer.contract.rundir import RunDir
from trainer.distributed.world import World
from trainer.supervision.stop import StopWatch
from trainer.telemetry.step_log import StepLog


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
