"""Builds the UI's static files from services/frontend into services/backend/ui, where the backend serves them.

`make ui` runs this file, and so does hatch_build.py when a wheel is made: standard library only. Nothing is done where
the files are those of the sources already.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NODE = (20, 9)
"""Next.js needs it."""

_NOT_SOURCES = re.compile(r"node_modules|\.next|out|next-env\.d\.ts|.*\.tsbuildinfo|.*\.test\.tsx?")
_STAMP = ".sources"
"""In the built folder: the digest of the sources that it was made from."""


class BuildError(Exception):
    """What keeps the UI from being built, and what to do, in one sentence."""


def build_ui(root: Path = ROOT) -> bool:
    """Make `services/backend/ui` what the sources say. Returns whether there was anything to do. Raises: BuildError."""
    frontend, target = root / "services/frontend", root / "services/backend/ui"
    if not frontend.is_dir():  # a source distribution carries the files built
        if not (target / "index.html").is_file():
            raise BuildError(f"There is neither {frontend} nor a built {target}: get the whole source tree.")
        return False
    digest = sources_digest(frontend)
    stamp = target / _STAMP
    if stamp.is_file() and stamp.read_text() == digest:
        return False
    install_packages(root)
    say("Building the UI (about half a minute) ...")
    shutil.rmtree(frontend / "out", ignore_errors=True)
    _npm(frontend, "run", "--silent", "build")
    fresh = target.with_name("ui.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(frontend / "out", fresh)
    (fresh / _STAMP).write_text(digest)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    return True


def install_packages(root: Path = ROOT) -> None:
    """Have services/frontend/node_modules as the lock file says. Raises: BuildError."""
    check_node()
    frontend = root / "services/frontend"
    # npm writes this one last, so it also tells of an installation that was broken off.
    installed = frontend / "node_modules/.package-lock.json"
    lock = frontend / "package-lock.json"
    if installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    say("Installing the UI's packages (about half a minute the first time) ...")
    _npm(frontend, "ci", "--no-audit", "--no-fund", "--loglevel=error")


def check_node() -> None:
    """Raises: BuildError where Node.js with npm is not there or too old."""
    need = f"Building the UI needs Node.js {NODE[0]}.{NODE[1]} or newer with npm"
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise BuildError(f"{need}; there is no {'node' if node is None else 'npm'} on the PATH. Install Node.js.")
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    version = re.match(r"v(\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < NODE:
        raise BuildError(f"{need}; {node} is {said or 'no Node.js'}. Install a newer one.")


def sources_digest(frontend: Path) -> str:
    """A digest of every file that the build reads; tests and what tools leave behind do not count."""
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(frontend):
        folders[:] = sorted(name for name in folders if not _NOT_SOURCES.fullmatch(name))
        for path in (Path(folder, name) for name in sorted(files) if not _NOT_SOURCES.fullmatch(name)):
            digest.update(path.relative_to(frontend).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _npm(frontend: Path, *words: str) -> None:
    """Run npm; what it prints is for the person, on standard error."""
    if subprocess.run(["npm", *words], cwd=frontend, stdout=sys.stderr).returncode:
        raise BuildError(f"`npm {' '.join(words)}` failed in {frontend}; what it said stands above.")


def main(words: list[str]) -> int:
    try:
        if words == ["node"]:
            check_node()
        elif words == ["packages"]:
            install_packages()
        else:
            build_ui()
    except BuildError as error:
        say(str(error))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
