"""Prints what one image has to install, a requirement a line: `python requirements.py backend`, beside pyproject.toml.

Which of the project's dependencies an image takes is in `[tool.loradeck.images]`.
"""

import re
import sys
import tomllib
from pathlib import Path


def requirements(pyproject: str, image: str) -> list[str]:
    """Those of `pyproject`'s dependencies that `image` names. Raises: KeyError for a name that is none of them."""
    read = tomllib.loads(pyproject)
    known = {re.split(r"[^\w.-]", line, maxsplit=1)[0]: line for line in read["project"]["dependencies"]}
    return [known[name] for name in read["tool"]["loradeck"]["images"][image]]


if __name__ == "__main__":
    print(*requirements(Path("pyproject.toml").read_text(), sys.argv[1]), sep="\n")
