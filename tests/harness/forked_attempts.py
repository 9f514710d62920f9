"""Attempts that start in a moment: a process that has imported everything forks one for each line of its input.

A line is JSON: `run` (a folder), `attempt`, `text_log`, `die_at`. It is answered by the attempt's process id and, once
it has ended, by its exit status (minus the signal that ended it). With `die_at` the attempt sends itself SIGKILL at
that one of its calls to sync, rename or remove files, counted from 1: those of its saves.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.harness.waiting import DEADLINE_S
from trainer.contract.rundir import RunDir

REPOSITORY = Path(__file__).parents[2]


class Attempts:
    """The process that forks them."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.harness.forked_attempts"]
        environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "ACCELERATE_USE_CPU": "true"}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=REPOSITORY, env=environment)

    def run(self, run: RunDir, attempt: int, kill_after_s: float | None = None, die_at: int | None = None) -> int:
        """Run an attempt to its end, or to its death. Its exit code, minus the signal."""
        assert self._process.stdin
        asked = {"run": str(run.path), "attempt": attempt, "text_log": str(run.text_log(attempt)), "die_at": die_at}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        pid = self._read()
        timer = None if kill_after_s is None else threading.Timer(kill_after_s, os.kill, (pid, signal.SIGKILL))
        if timer is not None:
            timer.start()
        code = self._read()
        if timer is not None:
            timer.cancel()
        return code

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(DEADLINE_S)
        self._process.stdout.close()

    def _read(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())


def main() -> None:
    os.environ |= {"OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    from trainer.models.wan import pipeline

    pipeline.import_diffsynth(with_deepspeed=False)
    from trainer.models import get_model
    from trainer.performance import autotune  # noqa: F401 # and with them the rest

    get_model("tiny-wan").register()
    child = None
    for line in sys.stdin:
        if child is not None:
            os.waitpid(child, 0)  # only now may its id be another's, for whoever would have killed it has given up
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _attempt(**asked)
        print(child, flush=True)
        ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        assert ended is not None
        print(ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status, flush=True)


def _attempt(run: str, attempt: int, text_log: str, die_at: int | None) -> None:
    from trainer.train import main

    code = 70
    try:
        log = os.open(text_log, os.O_WRONLY | os.O_CREAT)
        for stream in (1, 2):
            os.dup2(log, stream)
        if die_at is not None:
            _die_at(die_at)
        code = main([run, str(attempt)])
    finally:
        os._exit(code)


def _die_at(number: int) -> None:
    count = 0

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*args: Any, **options: Any) -> Any:
            nonlocal count
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **options)

        return counting

    os.fsync, os.rename, os.replace = counted(os.fsync), counted(os.rename), counted(os.replace)
    os.unlink, os.rmdir, shutil.rmtree = counted(os.unlink), counted(os.rmdir), counted(shutil.rmtree)  # type: ignore[assignment]


if __name__ == "__main__":
    main()
