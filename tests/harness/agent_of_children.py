"""An agent that starts a small child in the place of each run and task:

`python -m tests.harness.agent_of_children CHILD SERVER LOGS_DIR`

CHILD is one of `tests.harness.children` that takes a folder.
"""

import sys

from tests.harness import children
from trainer.__main__ import main
from trainer.agent import task_processes
from trainer.supervision import launcher

if __name__ == "__main__":
    child, server, logs_dir = sys.argv[1:]
    launcher.command = lambda run, attempt, ranks: children.command(child, str(run.path))
    task_processes.command = lambda folder: children.command(child, str(folder.path))
    sys.exit(main(["agent", "--server", server, "--logs-dir", logs_dir, "--agent-id", "a"]))
