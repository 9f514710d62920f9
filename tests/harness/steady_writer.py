"""Write a log at a steady pace: `python -m tests.harness.steady_writer FOLDER STEPS`."""

import sys
import time
from pathlib import Path

from tests.harness.backend import LogFile

log = LogFile(Path(sys.argv[1])).header()
for step in range(1, int(sys.argv[2]) + 1):
    log.step(step)
    time.sleep(0.003)
