"""Write a run folder as another training loop would: `python own_loop.py FOLDER`, with the base of Loradeck alone."""

import sys
from pathlib import Path

from trainer.telemetry.step_log import StepLog

folder = Path(sys.argv[1])
folder.mkdir(parents=True)
with StepLog.open(folder / "1.jsonl", run_id=folder.name, attempt=1, rank=0, world_size=1) as log:
    for step, loss in enumerate((0.5, 0.25), start=1):
        log.step(step, 0, {"train/loss": loss})
    log.end("succeeded", step=2)
