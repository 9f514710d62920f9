"""Explain why a rank failed: one sentence with what to do, under a code that stays the same over versions."""

import errno
import sys
import traceback

from trainer.contract.messages import Message, message
from trainer.contract.problem import Problem
from trainer.contract.rank_failures import failure_of_others
from trainer.contract.rundir import RunDir
from trainer.distributed.world import World


def explain(error: BaseException, run: RunDir, attempt: int, world: World) -> Message:
    """Say why a rank fails. Prints a traceback to stderr unless the mistake is a person's."""
    if isinstance(error, Problem):
        print(error, file=sys.stderr)
        return Message(error.code, str(error))
    traceback.print_exception(error)
    if world.is_main and (theirs := failure_of_others(run, attempt)):  # it is often the cause of this one's
        return Message(theirs.code, theirs.message)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        if error.filename:
            return message("disk_full.run_file", file=error.filename)
        return message("disk_full.run")
    if type(error).__name__ == "OutOfMemoryError" or isinstance(error, MemoryError):
        return message("out_of_memory.run")
    text = str(error).strip().splitlines()
    said = f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
    return message("internal_error.run", error=said[:300], attempt=attempt)
