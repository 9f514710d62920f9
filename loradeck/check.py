"""`loradeck check`: whether this machine can do a run, found out before it is started; the same as the page's button.

The checks are a task's process, whose facts are followed here: this command itself never imports torch.
"""

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from loradeck.doctor import table
from loradeck.doctor_docker import Finding
from trainer.agent.task_processes import command
from trainer.contract.check import CheckFact, Request
from trainer.contract.config import read_config
from trainer.contract.messages import Message, message, sentence
from trainer.contract.problem import Problem
from trainer.contract.rundir import write_atomic
from trainer.contract.tasks import TaskDir
from trainer.hardware.gpus import visible_gpus
from trainer.supervision.launcher import environment
from trainer.supervision.piped_process import end as end_process
from trainer.supervision.piped_process import spawn
from trainer.telemetry.progress import ProgressLine

LOOK_S = 0.1
LEAVE_S = 10.0
"""From Ctrl-C to SIGKILL."""
WIDE = 36
"""Of the column of titles."""


def check(config: Path, logs_dir: Path, as_json: bool) -> int:
    """Check the config in that file, telling each finding as it comes. Returns 1 where any of them is a failure.

    Raises: Problem where there is no config in the file, or the checks themselves fail; OSError.
    """
    request = Request(config=_read(config), logs_dir=str(logs_dir.resolve()))
    with tempfile.TemporaryDirectory(prefix="loradeck-check-") as folder:
        task = TaskDir(Path(folder))
        write_atomic(task.request, msgspec.json.encode(request))
        found, end = _follow(task, _print_json if as_json else _Table().tell)
        if end is None or end["reason"] != "succeeded":
            sys.stderr.write(task.text_log.read_text(errors="replace")[-4000:])
            raise Problem(_why(end))
    failures = sum(fact.standing == "failure" for fact in found)
    if not as_json:
        print(f"\n{sentence('command.check_unfit' if failures else 'command.check_fit')}")
    return 1 if failures else 0


def _read(path: Path) -> dict[str, Any]:
    """Read a JSON object, whose content the first check looks at. Raises: Problem."""
    data = read_config(path)
    if not isinstance(data, Mapping):
        raise Problem(message("config_unreadable.no_object", path=path))
    return dict(data)


def _follow(task: TaskDir, tell: Any) -> "tuple[list[CheckFact], dict[str, Any] | None]":
    """Run the task to its end. The last fact of each check, and the task's end."""
    gpus = visible_gpus()
    with open(task.text_log, "wb") as log:
        environment_ = environment(max(1, len(gpus)), gpus)
        process = spawn(command(task), environment_, stdout=log, stderr=log)
    found: dict[str, CheckFact] = {}
    end, offset, is_over = None, 0, False
    try:
        while not is_over:
            is_over = process.poll() is not None
            facts, offset = task.read(offset)
            for fact in facts:
                if fact.get("type") == "check":
                    found[fact["name"]] = msgspec.convert(fact, CheckFact)
                    tell(found[fact["name"]])
                elif fact.get("type") == "end":
                    end = fact
            time.sleep(0 if is_over else LOOK_S)
    finally:
        end_process(process, LEAVE_S)
    return list(found.values()), end


class _Table:
    """A line for each check that has ended; below them the one that is under way."""

    def __init__(self) -> None:
        self._line = ProgressLine()
        self._colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def tell(self, fact: CheckFact) -> None:
        if fact.standing == "running":
            if sys.stdout.isatty():
                limit = sentence("command.check_limit", limit_s=fact.limit_s)
                self._line.show(f"{'...':7}  {fact.title:{WIDE}}  {limit}")
            return
        took = f" ({fact.took_s:.1f} s)" if fact.took_s is not None and fact.took_s >= 0.1 else ""
        said = Message(fact.code, f"{fact.found}{took}".replace("`", ""), fact.hint)
        self._line.say(table([Finding(fact.standing, fact.title, said)], self._colours, WIDE))


def _print_json(fact: CheckFact) -> None:
    if fact.standing != "running":
        print(msgspec.json.encode(fact).decode(), flush=True)


def _why(end: "dict[str, Any] | None") -> Message:
    if end is None:
        return message("check_failed.no_end")
    if end.get("message"):
        return message("check_failed.said", said=end["message"])
    return message("check_failed.ended", reason=end["reason"])
