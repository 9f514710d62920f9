"""Two trees of Loradeck's code: version 0.1 out of the repository's history, and this checkout's."""

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
OLD_COMMIT = "5ec7b56216c88d4de3f2fc7fc4ba65808b1e4fd3"
"""Version 0.1, the last commit before the modules moved into rooms."""
PARTS = ("loradeck", "services/__init__.py", "services/backend", "trainer")
"""The Python code, and the data files beside it."""
MARK = "LORADECK_UPGRADE_TEST"
"""The environment variable by which a test finds the processes that it has started."""


class Code:
    """A tree of code, whose commands can be started."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def start(self, out: Path, mark: Path, *argv: str, **variables: str) -> "subprocess.Popen[bytes]":
        """Start `python -m *argv` from this tree. It prints into the file `out`."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LORADECK_")}
        # One thread each: the bits of a sum depend on how many share it.
        own = {"PYTHONPATH": str(self.root), "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1", MARK: str(mark)}
        with open(out, "ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.root,
                env={**kept, **own, **variables},
                start_new_session=True,
            )

    def runs_in(self, pid: int) -> bool:
        """Tell whether the process was started from this tree."""
        return Path(f"/proc/{pid}/cwd").resolve() == self.root.resolve()


def extract_old_code(folder: Path) -> Code:
    """Extract version 0.1 into `folder`. Raises: RuntimeError if the history does not reach back to it."""
    git = ["git", "-C", str(REPOSITORY)]
    archive = subprocess.run([*git, "archive", OLD_COMMIT, *PARTS], capture_output=True, check=False)
    if archive.returncode != 0:
        raise RuntimeError(
            f"This checkout's history lacks commit {OLD_COMMIT[:7]} (version 0.1), whose code these tests run. "
            f"Fetch it with `git fetch --unshallow`. Git says: {archive.stderr.decode().strip()}"
        )
    folder.mkdir(parents=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return Code(folder)


def pull_into(tree: Path) -> None:
    """Replace the code in `tree` by this checkout's, as `git pull` does: files that are the same are left alone."""
    before, after = _files(tree), _files(REPOSITORY)
    for path in before - after:
        (tree / path).unlink()
    for path in after:
        if path in before and filecmp.cmp(tree / path, REPOSITORY / path, shallow=False):
            continue
        (tree / path).unlink(missing_ok=True)
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / path, tree / path)


def _files(root: Path) -> set[Path]:
    """The files of PARTS, relative to `root`, without what is compiled or built."""
    found = set()
    for part in (root / name for name in PARTS):
        for path in [part] if part.is_file() else part.rglob("*"):
            relative = path.relative_to(root)
            if (
                path.is_file()
                and "__pycache__" not in relative.parts
                and relative.parts[:3] != ("services", "backend", "ui")
            ):
                found.add(relative)
    return found
