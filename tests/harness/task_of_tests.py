"""A task that does what its test asks for: `python -m tests.harness.task_of_tests FOLDER`."""

import sys
import time

from trainer.contract.messages import Message
from trainer.contract.problem import Problem
from trainer.tasks import runner
from trainer.tasks.runner import Task


def handle(task: Task) -> None:
    task.progress("counting", task.request.get("from", 0), 3)
    match task.request["what"]:
        case "problem":
            raise Problem(Message("no_luck", "There is none.", "Try again."))
        case "bug":
            raise KeyError("x")
        case "wait":
            while True:
                task.stop.check()
                time.sleep(0.01)


if __name__ == "__main__":
    runner.HANDLERS = {"scan": "tests.harness.task_of_tests"}
    sys.exit(runner.main(sys.argv[1:]))
