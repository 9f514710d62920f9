"""A task: work besides runs that a host's agent does for the backend. Its folder, below the run folders, holds it all.

request.json   what is asked, as its kind says       facts.jsonl   what was found: one JSON object a line
lock           held by the task's process            log           its stdout and stderr
stop.request   empty: asks it to leave soon

Facts have a `type` and a `ts` (Unix seconds). `progress` and `end` are below, the others are the kind's own. One
process at a time appends to them, a line at a write; one that was cut short is started again, reads what it found
before, and goes on. A torn last line is passed over. An `end` is of the task's last start if nothing follows it.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from trainer.contract.flock import take

TASKS = ".tasks"
"""The folder of all tasks below that of the runs."""

Kind = Literal["scan", "check", "trial"]

NEEDS_GPUS: frozenset[Kind] = frozenset({"check", "trial"})
"""Kinds that need the host's GPUs for themselves, as a run does."""


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag="progress", omit_defaults=True):
    """How far it is in one of its phases. `left_s` is of the whole task."""

    ts: float
    phase: str
    done: int = 0
    total: int | None = None
    item: str = ""
    left_s: float | None = None


class End(msgspec.Struct, frozen=True, kw_only=True, tag="end", omit_defaults=True):
    """That it is over. `failed` says why in `code`, `message` and `hint`."""

    ts: float
    reason: Literal["succeeded", "stopped", "failed"]
    code: str = ""
    message: str = ""
    hint: str = ""


class TaskDir:
    """Paths in a task's folder, and its facts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.request = path / "request.json"
        self.facts = path / "facts.jsonl"
        self.text_log = path / "log"
        self.lock = path / "lock"
        self.stop = path / "stop.request"

    def take_lock(self) -> int | None:
        """The lock's file descriptor, to be kept open; None where another process has it. Raises: OSError."""
        fd = os.open(self.lock, os.O_CREAT | os.O_RDWR, 0o644)
        if take(fd, wait_s=0):
            return fd
        os.close(fd)
        return None

    def read(self, offset: int = 0, limit_bytes: int = 1 << 24) -> "tuple[list[dict[str, Any]], int]":
        """The whole facts after `offset`, and the offset after them; the same one where there is nothing new yet.

        Lines that are no JSON object are passed over. Raises: OSError.
        """
        try:
            with open(self.facts, "rb") as file:
                file.seek(offset)
                whole, _, _ = file.read(limit_bytes).rpartition(b"\n")
        except FileNotFoundError:
            return [], offset
        if not whole:
            return [], offset
        return list(_objects(whole)), offset + len(whole) + 1


def _objects(lines: bytes) -> Iterator[dict[str, Any]]:
    decoder = msgspec.json.Decoder()
    for line in lines.split(b"\n"):
        try:
            fact = decoder.decode(line)
        except msgspec.DecodeError:
            continue
        if isinstance(fact, dict):
            yield fact


class Facts:
    """Appends to a task's facts. For the process that holds the lock; any thread may write."""

    def __init__(self, task: TaskDir) -> None:
        """Raises: OSError."""
        self._fd = os.open(task.facts, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o644)
        size = os.fstat(self._fd).st_size
        if size and os.pread(self._fd, 1, size - 1) != b"\n":
            os.write(self._fd, b"\n")  # what was torn stays a line of its own
        self._encoder = msgspec.json.Encoder()

    def write(self, *facts: Any) -> None:
        """Append `facts`, structs or dicts, in one write. Raises: OSError (a full disk)."""
        data = b"".join(self._encoder.encode(fact) + b"\n" for fact in facts)
        while data:
            data = data[os.write(self._fd, data) :]

    def close(self) -> None:
        os.close(self._fd)
