"""Run a task in a process of its own: `python -m trainer.tasks.runner FOLDER`.

It does the work that the folder's request.json asks for and writes its facts. The exit status is 0 once the facts hold
the task's end, whichever it is, and 1 if they cannot be written.
"""

import argparse
import importlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from trainer.contract.config import Problem
from trainer.contract.tasks import End, Facts, Progress, TaskDir
from trainer.supervision.stop import Stopped

HANDLERS = {"scan": "trainer.scan", "check": "trainer.preflight", "trial": "trainer.tasks.trial"}
"""By kind the module whose `handle` does it."""


@dataclass(frozen=True)
class Task:
    """Context passed to a task handler: the folder, the request, where to write facts, and when to leave."""

    folder: TaskDir
    request: dict[str, Any]
    facts: Facts
    stop: "Stop"

    def progress(
        self, phase: str, done: int = 0, total: int | None = None, item: str = "", left_s: float | None = None
    ) -> None:
        self.facts.write(Progress(ts=time.time(), phase=phase, done=done, total=total, item=item, left_s=left_s))


class Stop:
    """Tell whether the task has been asked to leave, by a signal or by its `stop.request`."""

    def __init__(self, folder: TaskDir) -> None:
        self._path = folder.stop
        self._signalled = threading.Event()

    def catch_signals(self) -> None:
        """Take SIGTERM and SIGINT as requests to leave from now on. Call from the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    @property
    def signalled(self) -> bool:
        """Tell whether a signal has come: the task then goes on another time, and has no end."""
        return self._signalled.is_set()

    def check(self) -> None:
        """Raise Stopped if asked to leave."""
        if self.signalled or self._path.exists():
            raise Stopped

    def _on_signal(self, _signal: int, _frame: FrameType | None) -> None:
        self._signalled.set()


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m trainer.tasks.runner", description="One task, to its end.")
    parser.add_argument("folder", type=Path, help="the task's folder, with its request.json")
    folder = TaskDir(parser.parse_args(argv).folder.resolve())
    try:
        lock = folder.take_lock()
        if lock is None:
            print(f"{folder.path} is being worked on already.", file=sys.stderr)
            return 1
        facts = Facts(folder)
    except OSError as error:
        print(f"The task in {folder.path} cannot be begun: {error.strerror}.", file=sys.stderr)
        return 1
    stop = Stop(folder)
    stop.catch_signals()
    try:
        end = _end(folder, facts, stop)
        if end is not None:
            facts.write(end)
    except OSError as error:
        print(f"The facts of {folder.path} cannot be written: {error.strerror}.", file=sys.stderr)
        return 1
    finally:
        facts.close()
        os.close(lock)
    return 0


def _end(folder: TaskDir, facts: Facts, stop: Stop) -> End | None:
    """Do the task. Returns how it ended; None if it goes on another time. Raises: OSError of the facts."""
    try:
        request = json.loads(folder.request.read_bytes())
        if request["kind"] not in HANDLERS:
            raise Problem("unknown_kind", f"This trainer knows no task {request['kind']!r}.", "Bring it up to date.")
        handle: Callable[[Task], None] = importlib.import_module(HANDLERS[request["kind"]]).handle
        handle(Task(folder, request, facts, stop))
    except Stopped:
        return None if stop.signalled else End(ts=time.time(), reason="stopped")
    except Problem as problem:
        return _failed(problem.code, problem.message, problem.hint)
    except Exception as error:
        import traceback

        traceback.print_exc()
        return _failed("internal", f"The task failed: {type(error).__name__}: {error}.", f"See {folder.text_log}.")
    return End(ts=time.time(), reason="succeeded")


def _failed(code: str, message: str, hint: str) -> End:
    return End(ts=time.time(), reason="failed", code=code, message=message, hint=hint)


if __name__ == "__main__":
    sys.exit(main())
