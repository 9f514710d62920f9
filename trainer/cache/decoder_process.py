"""Read media files for a run, in a process of its own: `python -m trainer.cache.decoder_process PARENT_PID FD`.

A file that crashes or hangs its decoder takes this process with it and not the run. It takes one job at a time from its
standard input, and lays frames into the memory that FD stands for. It leaves when its parent does.
"""

import mmap
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from trainer.contract.shape import Shape
from trainer.contract.window import Window
from trainer.data.clip import read_frames
from trainer.data.media_headers import header_of
from trainer.data.unusable import refused
from trainer.supervision.piped_process import die_with, framed, read_frame

READY = b""
"""The first answer, before any job: all is imported."""


class Job(msgspec.Struct, frozen=True):
    """Asks for the header of a file, or for its frames if there is a `shape`."""

    path: bytes
    is_image: bool
    shape: tuple[int, int, int] | None = None
    window: tuple[float, float | None] = (0.0, None)


class Answer(msgspec.Struct, frozen=True):
    """The fields of a `MediaHeader`, the axes FHWC of frames, or the fields of an `Unusable`."""

    header: dict[str, Any] | None = None
    axes: tuple[int, int, int, int] | None = None
    unusable: dict[str, Any] | None = None


def main(argv: list[str]) -> int:
    die_with(int(argv[0]))
    memory = int(argv[1])
    for number in (signal.SIGTERM, signal.SIGINT):  # they are for the run, which leaves and takes us along
        signal.signal(number, signal.SIG_IGN)
    answers = os.dup(1)
    os.dup2(2, 1)  # what a library prints is no answer
    decoder = msgspec.msgpack.Decoder(Job)
    _write(answers, READY)
    while (body := read_frame(sys.stdin.buffer)) is not None:
        _write(answers, msgspec.msgpack.encode(_answer(decoder.decode(body), memory)))
    return 0


def _write(answers: int, body: bytes) -> None:
    data = framed(body)
    while data:
        data = data[os.write(answers, data) :]


def _answer(job: Job, memory: int) -> Answer:
    path = Path(os.fsdecode(job.path))
    try:
        if job.shape is None:
            return Answer(header=asdict(header_of(path, job.is_image)))
        frames_FHWC = read_frames(path, job.is_image, Shape(*job.shape), Window(*job.window))
        os.ftruncate(memory, frames_FHWC.nbytes)
        with mmap.mmap(memory, frames_FHWC.nbytes) as shared:
            np.frombuffer(shared, np.uint8)[:] = frames_FHWC.reshape(-1)
        frames, height, width, colours = frames_FHWC.shape
        return Answer(axes=(frames, height, width, colours))
    except Exception as error:  # a library that stumbles over the file: it is this file's matter alone
        return Answer(unusable=asdict(refused(error)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
