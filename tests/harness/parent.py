"""A parent that starts one of `tests.harness.children` and waits: `python -m tests.harness.parent NAME`."""

import sys

from tests.harness import children
from trainer.supervision.piped_process import spawn

if __name__ == "__main__":
    spawn(children.command(sys.argv[1]))
    sys.stdin.read()
