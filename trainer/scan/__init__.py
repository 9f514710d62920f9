"""Scan a data set: measure its files and captions. Judging is left to the backend, which owns the thresholds. `handle`
is what `trainer.tasks.runner` calls.

Three phases: `captions` counts tokens, `headers` opens every file, `frames` decodes samples of each. All of it is done
by worker processes (`worker_pool`), so that no file can take the scan with it. What an earlier start has found is not
looked at again. How the measures are taken and how well they tell things apart: docs/measures.md.
"""

import os
from pathlib import Path

import msgspec

from trainer.contract.scan import Request
from trainer.scan.captions import TokenCounter
from trainer.scan.facts import FactWriter, KnownFacts, read_items
from trainer.scan.phases import Keys, Scan
from trainer.scan.time_left import TimeLeft
from trainer.scan.tokenizer import choose
from trainer.scan.worker_pool import WorkerPool
from trainer.tasks.runner import Task


def handle(task: Task) -> None:
    """Raises: Problem, Stopped, OSError (a full disk)."""
    request = msgspec.convert(task.request, Request)
    workers = request.workers or len(os.sched_getaffinity(0))
    items, known = read_items(task.folder), KnownFacts(task.folder)
    tokenizer = choose(request, task, known.tokenizer)
    is_news = known.counts_by(tokenizer)
    scan = Scan(items, known, request.file_limit_s)
    if scan.has_captions:
        TokenCounter(Path(tokenizer.folder))  # a tokenizer that is none is said now, not by every worker
    if is_news:
        task.facts.write(tokenizer)
    with FactWriter(task) as writer, WorkerPool[Keys](workers, request.file_limit_s, Path(tokenizer.folder)) as pool:
        scan.run(pool, writer, TimeLeft(workers), task.stop)
