"""Inspect files in a worker process of a scan: take one job at a time from stdin, answer on stdout.

argv: PARENT_PID TOKENIZER_FOLDER. Whatever a file does to it, the scan ends it and starts another one; it leaves when
its parent does. It runs at a low priority, beside a training run if need be, and with a limit on its memory.
"""

import os
import resource
import signal
import sys
from pathlib import Path
from typing import IO

import msgspec

from trainer.scan.captions import TokenCounter
from trainer.scan.inspect import inspect
from trainer.scan.messages import Answer, Count, Counted, Job, Ready, encoded
from trainer.supervision.piped_process import die_with, read_frame

NICENESS = 10
MEMORY_BYTES = 4 << 30
"""Of addresses: a scan in which all workers meet such files at once still leaves room on a training host."""


def main(argv: list[str]) -> int:
    parent, folder = int(argv[0]), Path(argv[1])
    die_with(parent)
    for number in (signal.SIGTERM, signal.SIGINT):  # they are for the scan, which leaves and takes us along
        signal.signal(number, signal.SIG_IGN)
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints is no answer
    _serve(sys.stdin.buffer, answers, folder)
    return 0


def _serve(jobs: IO[bytes], answers: IO[bytes], folder: Path) -> None:
    decoder = msgspec.msgpack.Decoder(Job)
    counter: TokenCounter | None = None
    _write(answers, Ready())
    while (body := read_frame(jobs)) is not None:
        job = decoder.decode(body)
        if isinstance(job, Count):
            counter = counter or TokenCounter(folder)
            _write(answers, Counted(counter.count(job.captions)))
        else:
            _write(answers, inspect(job))


def _write(answers: IO[bytes], answer: Answer) -> None:
    data = memoryview(encoded(answer))
    while data:
        data = data[answers.write(data) :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
