"""Explain why a rank failed: one sentence with what to do, under a code that stays the same over versions."""

import errno
import sys
import traceback
from dataclasses import dataclass

from trainer.contract.config import Problem
from trainer.contract.rank_failures import failure_of_others
from trainer.contract.rundir import RunDir
from trainer.distributed.world import World


@dataclass(frozen=True)
class Failure:
    code: str
    message: str


def explain(error: BaseException, run: RunDir, attempt: int, world: World) -> Failure:
    """Translate `error` into a failure. Prints a traceback to stderr unless the mistake is a person's."""
    if isinstance(error, Problem):
        print(error, file=sys.stderr)
        return Failure(error.code, str(error))
    traceback.print_exception(error)
    if world.is_main and (theirs := failure_of_others(run, attempt)):  # it is often the cause of this one's
        return Failure(theirs.code, theirs.message)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f" at {error.filename}" if error.filename else ""
        return Failure("disk_full", f"The disk is full{where}. Make room, then resume the run.")
    if type(error).__name__ == "OutOfMemoryError" or isinstance(error, MemoryError):
        remedy = "Use fewer frames or a smaller size, turn use_gradient_checkpointing on, or several GPUs with zero2"
        return Failure("out_of_memory", f"There was not enough memory. {remedy}.")
    text = str(error).strip().splitlines()
    said = f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
    return Failure("internal_error", f"{said[:300]}. The traceback is in {attempt}.log.")
