"""`loradeck token`: a new token on standard output, alone, so that a script can take it from there."""

import os
import sys
from pathlib import Path

from trainer.contract.messages import sentence
from trainer.contract.token import new_token, write_token


def token(file: Path | None) -> int:
    """With `file`, print what that holds afterwards. Raises: Problem."""
    if file is None:
        print(new_token())
        return 0
    was_there = os.path.lexists(file)
    print(write_token(file))
    print(sentence("command.token_kept" if was_there else "command.token_new", path=file), file=sys.stderr)
    return 0
