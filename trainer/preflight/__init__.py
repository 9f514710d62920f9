"""The preflight: whether this machine can do a run, found out before the run begins.

    checks      which checks there are, and what each needs
    conductor   does them one by one and says what was found; the task's process
    examiner    the child process in which they are done, and its handle
    crowd       the ranks' own checks: one child process a rank
    opening     the first phase of a run: the quick ones of them

`machine`, `data`, `software`, `base` and `models` are the checks themselves.
"""

from trainer.tasks.runner import Task


def handle(task: Task) -> None:
    """The task of kind "check". Raises: Stopped, Problem where the request cannot be read."""
    from trainer.preflight.run_checks import run_checks

    run_checks(task)
