"""Read media files in processes of their own, each file within a limit of time.

One that hangs is killed, one that crashes is replaced; either costs the run that file.
"""

import mmap
import os
import selectors
import signal
import subprocess
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType

import msgspec
import numpy as np

from trainer.cache.decoder_process import READY, Answer, Job
from trainer.contract.messages import message
from trainer.contract.problem import Problem
from trainer.contract.shape import Shape
from trainer.contract.window import Window
from trainer.data.media_headers import Known, MediaHeader
from trainer.data.metadata import Row
from trainer.data.unusable import Unusable, killed, too_slow
from trainer.media.fitting import Frames
from trainer.supervision.piped_process import Frames as PipedFrames
from trainer.supervision.piped_process import end, exit_text, framed, spawn_module

START_S = 120.0
"""How long a process may take to import what it needs."""
_DIES_S = 1.0
"""From the end of what it says to its exit status."""


class Decoders:
    """Keep up to `count` processes while its context lasts. `limit_s`: seconds that one file may take."""

    def __init__(self, count: int, limit_s: float) -> None:
        self._limit_s = limit_s
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="decode")
        self._own = threading.local()
        self._all: list[_Decoder] = []
        self._lock = threading.Lock()  # over `_all` and `_is_over`
        self._is_over = False

    def __enter__(self) -> "Decoders":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._is_over = True
            for decoder in self._all:
                decoder.kill()  # what is under way is no longer wanted
        self._threads.shutdown(cancel_futures=True)
        for decoder in self._all:
            decoder.close()

    def header(self, row: Row) -> "Future[Known]":
        """Begin to read a file's header."""
        return self._threads.submit(self._header, row)

    def frames(self, row: Row, shape: Shape, window: Window) -> "Future[Frames | Unusable]":
        """Begin to read a sample's frames, as FHWC."""
        return self._threads.submit(self._frames, row, shape, window)

    def _header(self, row: Row) -> Known:
        answer = self._ask(Job(os.fsencode(row.path), row.is_image))
        if isinstance(answer, Unusable):
            return answer
        assert answer.header is not None
        return MediaHeader(**answer.header)

    def _frames(self, row: Row, shape: Shape, window: Window) -> Frames | Unusable:
        answer = self._ask(
            Job(
                os.fsencode(row.path),
                row.is_image,
                (shape.height, shape.width, shape.frames),
                (window.start_s, window.frame_rate),
            )
        )
        if isinstance(answer, Unusable):
            return answer
        assert answer.axes is not None
        frames_FHWC: Frames = self._own.decoder.taken(answer.axes)
        return frames_FHWC

    def _ask(self, job: Job) -> Answer | Unusable:
        """Have this thread's process do a job."""
        decoder: _Decoder | None = getattr(self._own, "decoder", None)
        if decoder is None:
            with self._lock:
                if self._is_over:
                    return killed(-signal.SIGKILL)
                decoder = self._own.decoder = _Decoder()
                self._all.append(decoder)
        answer = decoder.ask(job, self._limit_s)
        if isinstance(answer, Unusable):  # its process is gone
            self._own.decoder = None
            with self._lock:
                self._all.remove(decoder)
            decoder.close()
            return answer
        return answer if answer.unusable is None else Unusable(**answer.unusable)


def read_sample(row: Row, shape: Shape, window: Window, limit_s: float) -> Frames:
    """Read one sample's frames as FHWC, in a process for it alone. Raises: Problem."""
    with Decoders(1, limit_s) as decoders:
        found = decoders.frames(row, shape, window).result()
    if isinstance(found, Unusable):
        raise Problem(found.said)
    return found


class _Decoder:
    """Hold one process, and the memory that it lays frames into. For one thread, but for `kill`."""

    def __init__(self) -> None:
        self._memory = os.memfd_create("loradeck-frames")
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        self._process = spawn_module(
            "trainer.cache.decoder_process", str(self._memory), environment=environment, pass_fds=(self._memory,)
        )
        assert self._process.stdout is not None
        self._answers = PipedFrames(self._process.stdout)
        self._is_ready = False

    def ask(self, job: Job, limit_s: float) -> Answer | Unusable:
        """Have a job done within `limit_s` seconds. `Unusable` says that the process was lost over it.

        Raises: Problem if the process did not start.
        """
        if not self._is_ready and self._answer(time.monotonic() + START_S) != READY:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_DIES_S)
            raise Problem(message("decoder_failed", how=exit_text(self._process.returncode)))
        self._is_ready = True
        deadline = time.monotonic() + limit_s
        body = self._exchange(framed(msgspec.msgpack.encode(job)), deadline)
        if body is not None:
            return msgspec.msgpack.decode(body, type=Answer)
        is_late = time.monotonic() >= deadline
        if not is_late:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_DIES_S)
        status = self._process.returncode
        return too_slow(limit_s) if is_late else killed(status if status is not None else 1)

    def taken(self, axes: tuple[int, int, int, int]) -> Frames:
        """Copy the frames out, and give their memory back."""
        with mmap.mmap(self._memory, int(np.prod(axes)), prot=mmap.PROT_READ) as shared:
            frames_FHWC = np.frombuffer(shared, np.uint8).reshape(axes).copy()
        os.ftruncate(self._memory, 0)
        return frames_FHWC

    def kill(self) -> None:
        """End the process, whatever it is doing; whoever waits for it learns so."""
        with suppress(ProcessLookupError):
            self._process.kill()

    def close(self) -> None:
        end(self._process)
        os.close(self._memory)

    def _exchange(self, request: bytes, deadline: float) -> bytes | None:
        """Send a request and wait for its answer. None if the process is late or gone."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(request)
            self._process.stdin.flush()
        except BrokenPipeError:
            return None
        return self._answer(deadline)

    def _answer(self, deadline: float) -> bytes | None:
        """Wait for an answer. None if the process is late or gone."""
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while (left_s := deadline - time.monotonic()) > 0:
                if selector.select(left_s):
                    body = self._answers.read()
                    if body is not None or self._answers.ended:
                        return body
        return None
