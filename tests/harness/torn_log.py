"""Write a step log whose disk takes half a line and later the rest: `python -m tests.harness.torn_log PATH`.

The limit on the size of files, which holds for the whole process, makes the kernel write a line in part.
"""

import resource
import sys
from pathlib import Path

from trainer.telemetry.step_log import StepLog

if __name__ == "__main__":
    path = Path(sys.argv[1])
    log = StepLog.open(path, run_id="r", attempt=1, rank=0, world_size=1)
    size = path.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 30, resource.RLIM_INFINITY))
    log.step(1, 0, {"train/loss": 0.5})
    log.step(2, 0, {"train/loss": 0.5})
    assert path.stat().st_size == size + 30
    assert log.waiting == 2
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    log.step(3, 0, {"train/loss": 0.5})
    log.close()
