"""Run the worker processes of a scan. Each has one job at a time and a time limit for it; one that hangs is killed, and
one that hangs or dies is replaced.

Processes of our own instead of a pool: a pool is broken by a worker's death.
"""

import os
import selectors
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Generic, TypeVar

import msgspec

from trainer.contract.config import Problem
from trainer.scan.messages import Answer, Job, Ready, encoded
from trainer.supervision.piped_process import Frames, end, exit_text, spawn_module

LOOK_S = 0.1
"""The longest time between two `None`s of `work`."""
_START_S = 60.0
_DIES_S = 1.0
"""From the end of what it says to its exit status."""
_STARTS_THAT_FAIL = 3

Name = TypeVar("Name")
"""What the caller knows a job by."""


@dataclass(frozen=True)
class Outcome(Generic[Name]):
    """How one job ended. Without an `answer` the worker was lost: it died with `status` (negative for a signal), or
    `status` is None because it took too long and was killed.
    """

    name: Name
    took_s: float
    answer: Answer | None = None
    status: int | None = None


@dataclass(eq=False)
class _Worker(Generic[Name]):
    process: subprocess.Popen[bytes]
    answers: Frames
    deadline: float
    name: Name | None = None
    began: float = 0.0
    ready: bool = False
    unsent: bytearray = field(default_factory=bytearray)


class WorkerPool(Generic[Name]):
    """Keep so many processes of `trainer.scan.worker` while its context lasts."""

    def __init__(self, workers: int, limit_s: float, tokenizer: Path) -> None:
        self._count, self._limit_s = workers, limit_s
        self._tokenizer = tokenizer
        threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
        self._environment = os.environ | dict.fromkeys(threads, "1") | {"TOKENIZERS_PARALLELISM": "false"}
        self._workers: list[_Worker[Name]] = []
        self._selector = selectors.DefaultSelector()
        self._failed_starts = 0
        self._decoder = msgspec.msgpack.Decoder(Answer)

    def __enter__(self) -> "WorkerPool[Name]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in list(self._workers):
            self._end(worker)
        self._selector.close()

    def work(self, jobs: Iterator[tuple[Name, Job]]) -> Iterator[Outcome[Name] | None]:
        """Do `jobs`. Their outcomes as they come; None now and then, so that the caller may look around.

        Raises: Problem where no worker can be started.
        """
        waiting = next(jobs, None)
        busy = 0
        while waiting is not None or busy:
            while len(self._workers) < self._count:
                self._start()
            for worker in self._workers:
                if waiting is not None and worker.ready and worker.name is None:
                    self._hand(worker, *waiting)
                    busy += 1
                    waiting = next(jobs, None)
            outcomes = self._listen()
            busy -= len(outcomes)
            yield from outcomes
            yield None

    def _start(self) -> None:
        process = spawn_module("trainer.scan.worker", str(self._tokenizer), environment=self._environment)
        assert process.stdin
        assert process.stdout
        worker = _Worker[Name](process, Frames(process.stdout), time.monotonic() + _START_S)
        for file in (process.stdin, process.stdout):
            os.set_blocking(file.fileno(), False)
        self._selector.register(process.stdout, selectors.EVENT_READ, worker)
        self._workers.append(worker)

    def _hand(self, worker: _Worker[Name], name: Name, job: Job) -> None:
        worker.name, worker.began = name, time.monotonic()
        worker.deadline = worker.began + self._limit_s
        worker.unsent += encoded(job)
        self._send(worker)
        if worker.unsent:
            self._selector.register(worker.process.stdin, selectors.EVENT_WRITE, worker)  # type: ignore[arg-type]

    def _send(self, worker: _Worker[Name]) -> None:
        assert worker.process.stdin
        try:
            sent = os.write(worker.process.stdin.fileno(), worker.unsent)
        except BlockingIOError:
            return
        except BrokenPipeError:  # its end is seen when reading
            sent = len(worker.unsent)
        del worker.unsent[:sent]

    def _listen(self) -> list[Outcome[Name]]:
        """Wait a moment for something to happen, and see who is late."""
        found: list[Outcome[Name]] = []
        for key, _ in self._selector.select(LOOK_S):
            worker: _Worker[Name] = key.data
            if worker not in self._workers:
                continue  # lost in this very round
            if key.fileobj is worker.process.stdin:
                self._send(worker)
                if not worker.unsent:
                    self._selector.unregister(worker.process.stdin)
            else:
                found += self._read(worker)
        now = time.monotonic()
        for worker in [
            each for each in self._workers if now > each.deadline and (each.name is not None or not each.ready)
        ]:
            found += self._lose(worker, too_slow=True)
        return found

    def _read(self, worker: _Worker[Name]) -> list[Outcome[Name]]:
        body = worker.answers.read()
        if worker.answers.ended:
            return self._lose(worker, too_slow=False)
        if body is None:
            return []
        answer: Answer = self._decoder.decode(body)
        if isinstance(answer, Ready):
            worker.ready, self._failed_starts = True, 0
            return []
        assert worker.name is not None
        outcome = Outcome(worker.name, time.monotonic() - worker.began, answer)
        worker.name = None
        return [outcome]

    def _lose(self, worker: _Worker[Name], too_slow: bool) -> list[Outcome[Name]]:
        """End a worker that has died or hangs. Returns the outcome of its job, if it had one."""
        if not too_slow:
            with suppress(subprocess.TimeoutExpired):
                worker.process.wait(_DIES_S)
        status = self._end(worker)
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= _STARTS_THAT_FAIL:
                problem = f"The scan's worker processes do not start ({exit_text(status)})."
                raise Problem("scan_worker_failed", problem, "The task's log says why.")
        if worker.name is None:
            return []
        return [Outcome(worker.name, time.monotonic() - worker.began, None, None if too_slow else status)]

    def _end(self, worker: _Worker[Name]) -> int | None:
        process = worker.process
        self._workers.remove(worker)
        for file in (process.stdin, process.stdout):
            assert file
            with suppress(KeyError):
                self._selector.unregister(file)
        end(process)
        return process.returncode
