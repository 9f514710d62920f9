"""Attempts that start in a moment: a process that has imported everything forks one for each line of its input.

A line is JSON: `run` (a folder), `attempt`, `text_log`, `die_at`. It is answered by the attempt's process id and, once
it has ended, by its exit status (minus the signal that ended it). With `die_at` the attempt sends itself SIGKILL at
that one of its calls to sync, rename or remove files, counted from 1: those of its saves.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from typing import Any


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
