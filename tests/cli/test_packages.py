"""Install the distribution without extras, as a person would, and see what it brings and what it says of the rest."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a virtual environment with Loradeck's base alone. Returns its `bin`.

    It has no pip of its own, and the wheel is built with the hatchling that is here: each would take longer than the
    rest.
    """
    folder = tmp_path_factory.mktemp("base")
    make(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", folder / "venv/bin/python", "--disable-pip-version-check"]
    make(*pip, "install", "--quiet", "--no-compile", "-c", ROOT / "constraints-base.txt", wheel)
    return folder / "venv/bin"


def make(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment())
    assert done.returncode == 0, done.stdout + done.stderr


def environment() -> dict[str, str]:
    """Without what would let the installed Loradeck see this checkout."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment())


def test_the_base_brings_neither_torch_nor_a_server(base: Path) -> None:
    installed = base.parent.glob("lib/python*/site-packages/*.dist-info")
    names = {folder.name.partition("-")[0].lower() for folder in installed}
    assert {"loradeck", "httpx", "msgspec"} <= names
    assert not names & {"torch", "fastapi", "uvicorn", "sqlmodel", "pydantic", "numpy", "diffsynth"}


def test_the_base_has_a_command_and_makes_tokens(base: Path, tmp_path: Path) -> None:
    assert "COMMAND" in run(base / "loradeck", "--help", folder=tmp_path).stdout
    made = run(base / "loradeck", "token", folder=tmp_path)
    assert (made.returncode, made.stderr, len(made.stdout.strip())) == (0, "", 43)
    assert "Python" in run(base / "loradeck", "doctor", folder=tmp_path).stdout


def test_the_base_says_what_a_list_of_clips_is_worth(base: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("video,prompt\na.mp4,a fox\n")
    (tmp_path / "a.mp4").write_bytes(b"not empty")
    done = run(base / "loradeck", "dataset", "list.csv", "--write", "metadata.csv", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Of 1 row, 1 video and 0 images can be used.\n")
    assert (tmp_path / "metadata.csv").read_text() == "video,image,prompt\na.mp4,,a fox\n"


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        (["up"], "server"),
        (["demo"], "all"),
        (["rebuild"], "server"),
        (["plan", "config.json"], "server"),
        (["check", "config.json"], "trainer"),
    ],
)
def test_a_command_says_which_extra_it_needs(base: Path, tmp_path: Path, command: list[str], extra: str) -> None:
    done = run(base / "loradeck", *command, folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"`loradeck {command[0]}` needs the package ")
    assert done.stderr.endswith(f"Run `pip install 'loradeck[{extra}]'`.\n")


def test_another_loop_can_write_a_run_folder(base: Path, tmp_path: Path) -> None:
    program = Path(__file__).with_name("own_loop.py")
    done = run(base / "python", program, tmp_path / "run", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    kinds = [line.split('"', 4)[3] for line in (tmp_path / "run/1.jsonl").read_text().splitlines()]
    assert kinds == ["header", "step", "step", "end"]
