"""A run folder: what lies where under `training_logs/<run_id>/`, and its small atomic files.

config.json                  the resolved, frozen run config
<attempt>.jsonl              events of rank 0          <attempt>.rank<k>.jsonl   of the other ranks
<attempt>.shim.jsonl         launch, stop stages, exit <attempt>.log             stdout and stderr
checkpoints/step-<n>/        samples/                  cache/                    latents and text embeddings
lock                         held by the shim for as long as anything of the run may be alive
state.json, exit.json        State and Exit below      stop.request, resume.request

One writer a file; logs are only ever appended to; a resume is a new attempt with new files. Attempts count from 1.

People and their tools write here, too. So readers take a small file that is torn, unreadable or something else for
missing, and a folder in its place is renamed when the file is written.
"""

import json
import os
import re
import secrets
import time
import unicodedata
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from trainer.contract.small_file import Unreadable, read_small

T = TypeVar("T")

EVALUATION = "evaluation.json"
"""In a checkpoint's folder, where it was evaluated."""

StopReason = Literal["person", "host"]

_RUN_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_LOG_NAME = re.compile(r"(?P<attempt>[1-9]\d{0,5})(?:\.(?:rank(?P<rank>[1-9]\d{0,4})|(?P<shim>shim)))?\.jsonl")


class State(msgspec.Struct, frozen=True, kw_only=True):
    """`state.json`: the attempt that the shim last started. `shim_start` is in clock ticks since boot.

    `boot_id` and `init_start`, the start of process 1, tell whether its machine or container was started anew since.
    """

    attempt: int
    host: str
    boot_id: str
    shim_pid: int
    shim_start: int
    init_start: int = 0
    """0 where it is not known."""
    child_pid: int
    started_at: float


class Exit(msgspec.Struct, frozen=True, kw_only=True):
    """`exit.json`: how that attempt ended, once nothing of it is left.

    `how` is "exited" (written by the shim) or "lost" (the shim died; written by the agent once it swept the processes).
    `by_host`: it was the end of its machine or container that ended it, a planned one if it has exited.
    """

    attempt: int
    how: Literal["exited", "lost"]
    exit_code: int | None = None
    signal: int | None = None
    stop_requested: bool = False
    killed: bool = False
    by_host: bool = False
    ended_at: float


class StopRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`stop.request`: asks that attempt, and no later one, to finish its step, save and leave.

    `reason` is who asks: a person, or the host, which is about to stop and will want the run back.
    """

    attempt: int
    requested_at: float
    reason: StopReason = "person"


class ResumeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`resume.request`: says that a person wants an attempt after that one, until there is one."""

    attempt: int
    requested_at: float


class LogName(msgspec.Struct, frozen=True):
    """Which log a file name is. `rank` is -1 for the shim's."""

    attempt: int
    rank: int


def new_run_id(name: str, now: float | None = None) -> str:
    """A folder name made of `name`, the UTC time and six random hex digits."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:60].strip("-") or "run"
    return f"{slug}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{secrets.token_hex(3)}"


def is_run_id(text: str) -> bool:
    return _RUN_ID.fullmatch(text) is not None


def parse_log_name(name: str) -> LogName | None:
    """The attempt and rank of an event log's file name, or None for any other file."""
    match = _LOG_NAME.fullmatch(name)
    if match is None:
        return None
    rank = -1 if match["shim"] else int(match["rank"] or 0)
    return LogName(int(match["attempt"]), rank)


class RunDir:
    """The paths and small files of one run folder. Nothing is created until it is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run_id = path.name

    @property
    def config(self) -> Path:
        return self.path / "config.json"

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def samples(self) -> Path:
        return self.path / "samples"

    @property
    def cache(self) -> Path:
        return self.path / "cache"

    def log(self, attempt: int, rank: int = 0) -> Path:
        """The event log of `rank`; -1 is the shim's."""
        role = {-1: ".shim", 0: ""}.get(rank, f".rank{rank}")
        return self.path / f"{attempt}{role}.jsonl"

    def text_log(self, attempt: int) -> Path:
        return self.path / f"{attempt}.log"

    def attempts(self) -> list[int]:
        """The attempts that have any event log, oldest first."""
        try:
            names = [parse_log_name(entry.name) for entry in os.scandir(self.path)]
        except FileNotFoundError:
            return []
        return sorted({name.attempt for name in names if name})

    @property
    def state(self) -> Path:
        return self.path / "state.json"

    @property
    def exit(self) -> Path:
        return self.path / "exit.json"

    @property
    def stop(self) -> Path:
        return self.path / "stop.request"

    @property
    def resume(self) -> Path:
        return self.path / "resume.request"

    def read_state(self) -> State | None:
        return _readable(self.state, State)

    def read_exit(self) -> Exit | None:
        return _readable(self.exit, Exit)

    def read_stop(self) -> StopRequest | None:
        return _readable(self.stop, StopRequest)

    def read_resume(self) -> ResumeRequest | None:
        return _readable(self.resume, ResumeRequest)

    def write_exit(self, exit: Exit) -> None:
        """Raises: OSError."""
        _write(self.exit, exit)

    def write_stop(self, stop: StopRequest) -> None:
        """Raises: OSError."""
        _write(self.stop, stop)

    def write_resume(self, resume: ResumeRequest) -> None:
        """Raises: OSError."""
        _write(self.resume, resume)

    def stop_requested(self, attempt: int) -> bool:
        return self.stop_reason(attempt) is not None

    def stop_reason(self, attempt: int) -> StopReason | None:
        """Why that attempt was asked to stop; None where it was not."""
        stop = self.read_stop()
        return stop.reason if stop is not None and stop.attempt == attempt else None


def kept_evaluation(checkpoint: Path) -> float | None:
    """The eval/loss of a checkpoint's folder; None where it was not evaluated, or that is unreadable."""
    try:
        return float(json.loads((checkpoint / EVALUATION).read_bytes())["eval/loss"])
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None


def write_atomic(path: Path, content: bytes) -> None:
    """Replace `path` so that a reader, or a power cut, finds either the old file or the new one, whole."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def sync(path: Path) -> None:
    """Make what was written to the file `path`, or created, renamed or removed in the folder, outlast a power cut."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _readable(path: Path, kind: type[T]) -> T | None:
    try:
        return read_small(path, kind)
    except Unreadable:
        return None


def _write(path: Path, content: Exit | StopRequest | ResumeRequest) -> None:
    if path.is_dir():
        path.rename(path.with_name(f"{path.name}.{time.time_ns()}"))
    write_atomic(path, msgspec.json.encode(content))
