import subprocess
import sys
from pathlib import Path

import pytest

from loradeck.cli import main
from tests.harness.waiting import DEADLINE_S


def test_alone_on_standard_output() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "loradeck", "token"], capture_output=True, text=True, timeout=DEADLINE_S
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.strip()) == 43


def test_written_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "token"
    assert main(["token", "--write", str(file)]) == 0
    first = capsys.readouterr()
    assert main(["token", "--write", str(file)]) == 0
    again = capsys.readouterr()
    assert first.out == again.out == file.read_text()
    assert first.err == f"{file} is new; set LORADECK_TOKEN_FILE to it.\n"
    assert again.err == f"{file} held it already; set LORADECK_TOKEN_FILE to it.\n"


def test_where_it_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "--write", str(tmp_path / "no" / "token")]) == 2
    assert "no/token cannot be written: No such file or directory." in capsys.readouterr().err
