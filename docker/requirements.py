"""Print the requirements of one image, one a line: `python requirements.py server`, beside pyproject.toml.

They are the project's own dependencies and those of the extra of that name.
"""

import sys
import tomllib
from pathlib import Path


def requirements(pyproject: str, extra: str) -> list[str]:
    """Return the dependencies in the text of a pyproject.toml. Raises: KeyError for an extra that it lacks."""
    project = tomllib.loads(pyproject)["project"]
    return [*project["dependencies"], *project["optional-dependencies"][extra]]


if __name__ == "__main__":
    print(*requirements(Path("pyproject.toml").read_text(), sys.argv[1]), sep="\n")
