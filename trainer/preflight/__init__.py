"""Find out before a run begins whether this machine can do it.

    checks            which checks there are, and what each needs
    run_checks        does them one by one and writes what is found; the task's process
    checker_process   the child process in which they are done, and its handle
    rank_checks       the ranks' own checks: one child process a rank, `rank_process`
    at_start          the quick ones of them, as the first phase of a run

`machine`, `data`, `software`, `base_model_files` and `model_checks` are the checks themselves.
"""

from trainer.tasks.runner import Task


def handle(task: Task) -> None:
    """Do the task of kind "check". Raises: Stopped, Problem if the request cannot be read."""
    from trainer.preflight.run_checks import run_checks

    run_checks(task)
