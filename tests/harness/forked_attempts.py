"""Attempts that start in a moment: a process that has imported everything forks one for each line of its input.

A line is JSON: `run` (a folder), `attempt`, `text_log`, `die_at`, and `environment`, one for each rank. It is answered
by the first rank's process id and, once all have ended, by the exit status of the first that failed (minus the signal
that ended it), or 0. As torchrun does, it ends the others when one fails. With `die_at` the attempt sends itself
SIGKILL at that one of its calls to sync, rename or remove files, counted from 1: those of its saves.
"""

import json
import os
import shutil
import signal
import socket
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
    """Ask the process that forks them for one after the other."""

    def __init__(self, with_deepspeed: bool = False) -> None:
        command = [sys.executable, "-m", "tests.harness.forked_attempts", *["deepspeed"] * with_deepspeed]
        environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "ACCELERATE_USE_CPU": "true"}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=REPOSITORY, env=environment)

    def run(
        self,
        run: RunDir,
        attempt: int,
        kill_after_s: float | None = None,
        die_at: int | None = None,
        ranks: int = 1,
        fault: str | None = None,
    ) -> int:
        """Run an attempt to its end, or to its death. Returns its exit code, or minus the signal.

        `fault`: as in `tests.harness.faulty_trainer`.
        """
        assert self._process.stdin
        asked = {"run": str(run.path), "attempt": attempt, "text_log": str(run.text_log(attempt)), "die_at": die_at}
        common = _meeting_place() if ranks > 1 else {}
        common |= {"FAULT": fault} if fault else {}
        asked["environment"] = [common | _of_rank(rank, ranks) for rank in range(ranks)]
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
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # DeepSpeed prints when it is imported
    os.environ |= {"OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    from trainer.models.wan import pipeline

    pipeline.import_diffsynth(with_deepspeed="deepspeed" in sys.argv)
    from trainer.models import get_model
    from trainer.performance import autotune  # noqa: F401 # and with them the rest

    get_model("tiny-wan").register()
    last = None
    for line in sys.stdin:
        if last is not None:
            os.waitpid(last, 0)  # only now may its number be another's, for whoever would have killed it has given up
        asked = json.loads(line)
        ranks = [_forked(environment=environment, **asked) for environment in asked.pop("environment")]
        print(ranks[0], file=answers, flush=True)
        last, code = _until_all_end(ranks)
        print(code, file=answers, flush=True)


def _meeting_place() -> dict[str, str]:
    """Return the variables by which ranks find each other, with a port that is free."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1])}


def _of_rank(rank: int, ranks: int) -> dict[str, str]:
    """Return the variables that torchrun sets; none for a single rank."""
    if ranks == 1:
        return {}
    where = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": ranks, "LOCAL_WORLD_SIZE": ranks}
    return {name: str(value) for name, value in where.items()}


def _forked(environment: dict[str, str], **asked: Any) -> int:
    child = os.fork()
    if child == 0:
        os.environ |= environment
        _attempt(**asked)
    return child


def _until_all_end(ranks: list[int]) -> tuple[int, int]:
    """Wait for all, and reap all but the last. Returns its number, and the exit status of the first that failed."""
    failure, left = 0, set(ranks)
    while True:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        assert ended is not None
        left.discard(ended.si_pid)
        code = ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
        if code and not failure:
            failure = code
            for rank in left:
                os.kill(rank, signal.SIGTERM)
        if not left:
            return ended.si_pid, failure
        os.waitpid(ended.si_pid, 0)


def _attempt(run: str, attempt: int, text_log: str, die_at: int | None) -> None:
    from tests.harness import faulty_trainer
    from trainer.train import main

    code = 70
    try:
        if "FAULT" in os.environ:
            faulty_trainer.install_asked_for()
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
