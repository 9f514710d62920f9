"""What the other ranks of an attempt say where rank 0 cannot: in a run, only rank 0's log tells of the run itself."""

import os
from pathlib import Path

import msgspec

from trainer.contract.events import End, decode
from trainer.contract.rundir import RunDir, parse_log_name

_TAIL_BYTES = 1 << 16


def failure_of_others(run: RunDir, attempt: int) -> End | None:
    """The failure that the first rank after 0 gave as its end, with its name in front."""
    try:
        logs = [parse_log_name(entry.name) for entry in os.scandir(run.path)]
    except OSError:
        return None
    for rank in sorted(log.rank for log in logs if log is not None and log.attempt == attempt and log.rank > 0):
        try:
            event = decode(_last_line(run.log(attempt, rank)))
        except (OSError, msgspec.MsgspecError):
            continue
        if isinstance(event, End) and event.reason == "failed":
            return msgspec.structs.replace(event, message=f"Rank {rank}: {event.message}")
    return None


def _last_line(path: Path) -> bytes:
    """Raises: OSError."""
    with open(path, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
        return file.read().rstrip(b"\n").rpartition(b"\n")[2]
