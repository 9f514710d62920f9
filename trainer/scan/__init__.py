"""The scan of a data set: what its files and captions are. It measures and judges nothing; thresholds are the backend's
business. `do` is what `trainer.task` calls.

Three phases: `captions` counts tokens, `headers` opens every file, `frames` decodes samples of each. All of it is done
by worker processes (`crew`), so that no file can take the scan with it. What is known from an earlier start is passed
over. How the measures are taken and how well they tell things apart: docs/measures.md.
"""

import os
from pathlib import Path

import msgspec

from trainer.contract.scan import Request
from trainer.scan.captions import TINY_WAN, Counting
from trainer.scan.crew import Crew
from trainer.scan.findings import Findings, Known, read_items
from trainer.scan.pace import Pace
from trainer.scan.phases import Keys, Scan
from trainer.task import Task


def do(task: Task) -> None:
    """Raises: Problem, Stopped, OSError (a full disk)."""
    request = msgspec.convert(task.request, Request)
    tokenizer = Path(request.tokenizer).expanduser() if request.tokenizer else TINY_WAN
    workers = request.workers or len(os.sched_getaffinity(0))
    scan = Scan(read_items(task.folder), Known(task.folder), request.file_limit_s)
    if scan.has_captions:
        Counting(tokenizer)  # a tokenizer that is none is said now, not by every worker
    with Findings(task) as findings, Crew[Keys](workers, request.file_limit_s, tokenizer) as crew:
        scan.run(crew, findings, Pace(workers), task.stop)
