"""Find what the other ranks of an attempt say if rank 0 cannot: only rank 0's log tells of the run itself."""

import os

import msgspec

from trainer.contract.events import End, decode
from trainer.contract.log_reader import read_last_line
from trainer.contract.rundir import RunDir, parse_log_name


def failure_of_others(run: RunDir, attempt: int) -> End | None:
    """Return the failure that the first rank after 0 gave as its end, with its name in front; None if none did."""
    try:
        logs = [parse_log_name(entry.name) for entry in os.scandir(run.path)]
    except OSError:
        return None
    for rank in sorted(log.rank for log in logs if log is not None and log.attempt == attempt and log.rank > 0):
        try:
            event = decode(read_last_line(run.log(attempt, rank)))
        except (OSError, msgspec.MsgspecError):
            continue
        if isinstance(event, End) and event.reason == "failed":
            return msgspec.structs.replace(event, message=f"Rank {rank}: {event.message}")
    return None
