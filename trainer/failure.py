"""Why a rank failed, in one sentence with what to do, under a code that stays the same over versions."""

import errno
import sys
import traceback
from dataclasses import dataclass

import msgspec

from trainer.contract.config import Problem
from trainer.contract.events import End, decode
from trainer.contract.rundir import RunDir
from trainer.world import World


@dataclass(frozen=True)
class Failure:
    code: str
    message: str


def explain(error: BaseException, run: RunDir, attempt: int, world: World) -> Failure:
    """The failure that `error` means. A traceback goes to stderr, but where the mistake is a person's."""
    if isinstance(error, Problem):
        print(error, file=sys.stderr)
        return Failure(error.code, str(error))
    traceback.print_exception(error)
    if world.is_main and (failure := peer_failure(run, attempt, world)):
        return failure
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f" at {error.filename}" if error.filename else ""
        return Failure("disk_full", f"The disk is full{where}. Make room, then resume the run.")
    if type(error).__name__ == "OutOfMemoryError" or isinstance(error, MemoryError):
        remedy = "Use fewer frames or a smaller size, turn use_gradient_checkpointing on, or several GPUs with zero2"
        return Failure("out_of_memory", f"There was not enough memory. {remedy}.")
    text = str(error).strip().splitlines()
    said = f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
    return Failure("internal_error", f"{said[:300]}. The traceback is in {attempt}.log.")


def peer_failure(run: RunDir, attempt: int, world: World) -> Failure | None:
    """What another rank gave as the reason of its failure: it is often the cause of this one's."""
    for rank in range(1, world.size):
        try:
            last_line = run.log(attempt, rank).read_bytes().splitlines()[-1]
            event = decode(last_line)
        except (OSError, IndexError, msgspec.MsgspecError):
            continue
        if isinstance(event, End) and event.reason == "failed":
            return Failure(event.code, f"Rank {rank}: {event.message}")
    return None
