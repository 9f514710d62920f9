"""The wheels that pip would take from folders of this machine, for a build, which sees none of them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parents[2]


def gather(folder: Path) -> None:
    """Put those that the trainer needs into `folder`: none, where this machine's pip knows no such folders."""
    folder.mkdir()
    wanted = _run("docker/requirements.py", "trainer").splitlines()
    report = folder.parent / "pip-report.json"
    ask = ["install", "--dry-run", "--ignore-installed", "--quiet", "--report", str(report)]
    _run("-m", "pip", *ask, "-c", "constraints.txt", *wanted)
    for found in json.loads(report.read_text())["install"]:
        url = urlsplit(found["download_info"]["url"])
        if url.scheme == "file":
            wheel = Path(unquote(url.path))
            try:
                os.link(wheel, folder / wheel.name)
            except OSError:  # on another disk
                shutil.copy(wheel, folder)


def _run(*words: str) -> str:
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
