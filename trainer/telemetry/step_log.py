"""Write one step log: every event is one `write` of one whole line on an append-only descriptor.

A disk that is full, or a mount that fails, does not stop the training: the lines wait in memory, in order, and go out
once writing works again. A heartbeat repeats the current phase while nothing else is logged, so that a reader can tell
a long phase from a dead process.
"""

import os
import secrets
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from trainer.contract import events
from trainer.contract.events import EndReason, Event
from trainer.contract.messages import Message, sentence
from trainer.telemetry.console import Console

HEARTBEAT_S = 5.0
BACKLOG_LINES = 100_000
"""How many lines wait while writing fails before the next one raises BacklogFull."""

_NOTHING = Message("", "")
_PACKAGES = ("loradeck", "torch", "diffsynth", "peft", "accelerate", "deepspeed")


class BacklogFull(OSError):
    """Raised if more lines wait than memory should hold: the disk has refused them for too long."""


class StepLog:
    """Write one log file of one rank of one attempt. Safe to use from several threads; one writer a file.

    Every method but `open` and `close` appends one event and returns at once. Only `step` is on the hot path: it costs
    a few microseconds (`bench/step_log.py`).
    """

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        self._path = path
        self._lock = threading.Lock()
        self._seq = 0
        self._backlog: deque[bytes] = deque()
        self._phase: tuple[str, int | None, int | None, str | None] | None = None
        self._written_at = time.monotonic()
        self._console: Console | None = None
        self._closed = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        run_id: str,
        attempt: int,
        rank: int,
        world_size: int,
        details: Mapping[str, Any] | None = None,
    ) -> "StepLog":
        """Create a log and write its header; rank 0's events are also put in words on standard output.

        Raises: FileExistsError if `path` has been written already.
        """
        log = cls(path)
        log._console = Console() if rank == 0 else None
        log._append(
            events.Header,
            schema=events.SCHEMA,
            log_id=secrets.token_hex(8),
            run_id=run_id,
            attempt=attempt,
            rank=rank,
            world_size=world_size,
            host=socket.gethostname(),
            versions=_versions(),
            details=dict(details or {}),
        )
        log._heart.start()
        return log

    def phase(
        self,
        phase: str,
        done: int | None = None,
        total: int | None = None,
        item: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        """Say what the process does now, and how far it is. Logged now, and again by the heartbeat while it lasts, but
        without `details`."""
        with self._lock:
            self._phase = (phase, done, total, item)
            self._append_phase(details or {})

    def enter(self, phase: str) -> None:
        """Say what the process does now, many times a step: only the heartbeat logs it, if it lasts."""
        self._phase = (phase, None, None, None)

    def step(self, step: int, epoch: int, values: dict[str, float]) -> None:
        finite, others = events.split_finite(values)
        with self._lock:  # not by `_append`: handing on keywords costs as much as the rest
            self._emit(
                events.Step(seq=self._seq, ts=time.time(), step=step, epoch=epoch, values=finite, nonfinite=others)
            )

    def eval(self, step: int, epoch: int, values: dict[str, float]) -> None:
        finite, others = events.split_finite(values)
        self._append(events.Eval, step=step, epoch=epoch, values=finite, nonfinite=others)

    def sample(self, step: int, path: str, prompt: str, what: str = "lora", seed: int | None = None) -> None:
        self._append(events.Sample, step=step, path=path, prompt=prompt, what=what, seed=seed)

    def checkpoint(
        self, step: int, path: str, lora: str | None = None, bytes: int | None = None, removed: Sequence[str] = ()
    ) -> None:
        self._append(events.Checkpoint, step=step, path=path, lora=lora, bytes=bytes, removed=tuple(removed))

    def system(self, values: dict[str, float]) -> None:
        finite, _ = events.split_finite(values)
        self._append(events.System, values=finite)

    def warning(self, said: Message, /, **details: Any) -> None:
        self._append(events.Warning, code=said.code, message=str(said), details=details)

    def end(self, reason: EndReason, said: Message = _NOTHING, step: int | None = None, **details: Any) -> None:
        self._append(events.End, reason=reason, code=said.code, message=str(said), step=step, details=details)

    def close(self) -> None:
        """Write what waits, if the disk lets us, and let go of the file. A second call does nothing."""
        self._closed.set()
        with self._lock:
            if self._fd < 0:
                return
            self._flush()
            if self._backlog:
                print(sentence("log.lines_lost", path=self._path, lines=len(self._backlog)), file=sys.stderr)
            os.close(self._fd)
            self._fd = -1
        if self._heart.is_alive() and self._heart is not threading.current_thread():
            self._heart.join()

    def __enter__(self) -> "StepLog":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def waiting(self) -> int:
        """Count the lines that wait for the disk."""
        return len(self._backlog)

    def _append(self, kind: Callable[..., Event], **fields: Any) -> None:
        """Append an event of this kind, numbered and timed now."""
        with self._lock:
            self._emit(kind(seq=self._seq, ts=time.time(), **fields))

    def _emit(self, event: Event) -> None:
        """Show and write `event` while the lock is held. The only place where the console is told of events."""
        if self._console is not None and (type(event) is not events.Step or event.ts >= self._console.next_step_ts):
            self._console.show(event)
        self._write(event)

    def _write(self, event: Event) -> None:
        """Write the line of `event`, whose seq is the next one. The lock is held."""
        line = events.encode(event)
        self._seq += 1
        self._written_at = time.monotonic()
        if not self._backlog:
            try:
                written = os.write(self._fd, line)
            except OSError:
                written = 0
            if written == len(line):
                return
            line = line[written:]
        elif len(self._backlog) >= BACKLOG_LINES:
            raise BacklogFull(sentence("log.backlog_full", path=self._path, lines=BACKLOG_LINES))
        self._backlog.append(line)
        self._flush()

    def _flush(self) -> None:
        """Write what waits, in order, as far as the disk takes it. The first piece may be the rest of a torn line."""
        while self._backlog:
            line = self._backlog[0]
            try:
                written = os.write(self._fd, line)
            except OSError:
                return
            if written < len(line):
                self._backlog[0] = line[written:]
                continue
            self._backlog.popleft()

    def _append_phase(self, details: dict[str, Any]) -> None:
        if self._phase is not None and self._fd >= 0:
            phase, done, total, item = self._phase
            now = time.time()
            self._emit(
                events.Phase(seq=self._seq, ts=now, phase=phase, done=done, total=total, item=item, details=details)
            )

    def _beat(self) -> None:
        while not self._closed.wait(HEARTBEAT_S / 5):
            with self._lock:
                if self._backlog:
                    self._flush()
                elif time.monotonic() - self._written_at >= HEARTBEAT_S:
                    self._append_phase({})


def _versions() -> dict[str, str]:
    """List the installed versions of packages that a run's outcome depends on."""
    found = {"python": sys.version.split()[0]}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
