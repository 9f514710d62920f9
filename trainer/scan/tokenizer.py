"""Choose the tokenizer that a scan counts captions by: the model's own, fetched if it is not here yet. If that fails,
tiny-wan's takes its place, and the scan says so: the files can be measured all the same.
"""

import sys
import tempfile
import time
from pathlib import Path

from trainer.contract.families import FAMILIES, MODELS
from trainer.contract.messages import message
from trainer.contract.problem import Problem
from trainer.contract.scan import Request, Tokenizer
from trainer.scan.captions import FILE, TINY_WAN
from trainer.supervision.piped_process import end, exit_text, spawn
from trainer.tasks.runner import Task

FETCH_S = 60.0
"""The tokenizer is 20 MB."""
_LOOK_S = 0.1
_LEAVE_S = 3.0


def choose(request: Request, task: Task, before: Tokenizer | None) -> Tokenizer:
    """Choose the tokenizer. `before` is what the scan has counted by so far. Raises: Problem if there is no such model,
    Stopped.
    """
    model = request.model
    if model not in MODELS:
        raise Problem(message("unknown_model", model=model, models=", ".join(MODELS)), "model")
    if request.tokenizer_path is not None:
        return Tokenizer(ts=time.time(), model=model, folder=str(Path(request.tokenizer_path).expanduser()))
    if FAMILIES[model].is_shipped:
        return Tokenizer(ts=time.time(), model=model, folder=str(TINY_WAN))
    if before is not None and before.is_own and before.model == model and (Path(before.folder) / FILE).is_file():
        return before
    task.progress("tokenizer")
    try:
        return Tokenizer(ts=time.time(), model=model, folder=_fetched(model, task))
    except Problem as problem:
        return Tokenizer(ts=time.time(), model=model, folder=str(TINY_WAN), is_own=False, message=str(problem))


def _fetched(model: str, task: Task) -> str:
    """Fetch the tokenizer to where runs find it, in a process of its own, for it waits for the network without a limit.

    Raises: Problem, Stopped.
    """
    with tempfile.TemporaryFile() as said:
        process = spawn([sys.executable, "-m", "trainer.models.fetch", model], stdout=said)
        deadline = time.monotonic() + FETCH_S
        try:
            while process.poll() is None:
                task.stop.check()
                if time.monotonic() > deadline:
                    raise Problem(message("tokenizer_missing.too_slow", model=model, limit_s=FETCH_S, file=FILE))
                time.sleep(_LOOK_S)
        finally:
            end(process, _LEAVE_S)
        said.seek(0)
        lines = said.read().decode().splitlines()
    if process.returncode or not lines or not (Path(lines[-1]) / FILE).is_file():
        how, log = exit_text(process.returncode), task.folder.text_log
        raise Problem(message("tokenizer_missing.not_fetched", model=model, how=how, log=log, file=FILE))
    return str(Path(lines[-1]).resolve())
