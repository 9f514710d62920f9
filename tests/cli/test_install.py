"""What `make` says where the machine lacks something. Nothing is installed here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def program(folder: Path, name: str, says: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{says}\n")
    path.chmod(0o755)
    return path


def install(tmp_path: Path, *args: str, python: Path) -> tuple[int, str]:
    environment = {**os.environ, "PYTHON": str(python)}
    argv = [str(ROOT / "scripts/install.sh"), str(tmp_path / "venv"), *args]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, env=environment)
    return done.returncode, done.stderr.strip()


def test_an_old_python_is_told_in_one_sentence(tmp_path: Path) -> None:
    old = program(tmp_path, "python3.9", '[ "$1" = --version ] && echo Python 3.9.2 && exit; exit 1')
    status, sentence = install(tmp_path, "constraints.txt", python=old)
    assert status == 2
    assert sentence.startswith("Loradeck needs Python 3.11 or newer (found: Python 3.9.2).")
    assert "\n" not in sentence


def test_a_python_without_venv_is_told_what_to_install(tmp_path: Path) -> None:
    bare = program(tmp_path, "python3.12", 'case "$*" in *venv*) exit 1;; --version) echo Python 3.12.1;; esac')
    status, sentence = install(tmp_path, "constraints.txt", python=bare)
    assert status == 2
    assert sentence.endswith("On Debian and Ubuntu: apt install python3-venv.")


def test_an_unknown_torch_is_refused(tmp_path: Path) -> None:
    status, sentence = install(tmp_path, "constraints-pascal.txt", python=Path(sys.executable))
    assert (status, sentence) == (2, "There is no constraints-pascal.txt: TORCH is default or volta.")


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-volta.txt"])
def test_the_pins_are_whole_and_name_no_host(name: str) -> None:
    lines = [line for file in (name, "constraints-base.txt") for line in (ROOT / file).read_text().splitlines()]
    pins = [line for line in lines if line and not line.startswith(("#", "-c "))]
    assert all(line.count("==") == 1 and "/" not in line and "@" not in line for line in pins)
    names = [line.partition("==")[0].lower().replace("_", "-") for line in pins]
    assert len(names) == len(set(names))
    assert {"torch", "torchvision", "diffsynth", "deepspeed", "fastapi", "setuptools"} <= set(names)


def test_a_browser_that_is_named_is_taken() -> None:
    environment = {**os.environ, "LORADECK_CHROMIUM": "/opt/a browser"}
    argv = [sys.executable, str(ROOT / "scripts/find_browser.py")]
    assert subprocess.run(argv, capture_output=True, text=True, env=environment).stdout == "/opt/a browser\n"
