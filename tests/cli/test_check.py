"""`loradeck check`, as a person types it."""

import json
import subprocess
import sys
from pathlib import Path

from tests.harness.runs import REPOSITORY, SMALL, make_data
from tests.harness.waiting import DEADLINE_S


def loradeck(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "loradeck", "check", *map(str, arguments)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=DEADLINE_S, check=False)


def written(folder: Path, **settings: object) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(SMALL | settings))
    return path


def test_a_run_that_can_be_done(tmp_path: Path) -> None:
    config = written(tmp_path, dataset_base_path=str(make_data(tmp_path / "clips")))
    done = loradeck(config, "--logs-dir", tmp_path / "logs")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("ok       Settings ")
    assert any("x_BCFHW 1x3x5x64x64, latents_BCFHW 1x48x2x4x4" in line for line in lines)
    assert lines[-1] == "This machine can do this run."
    assert not (tmp_path / "logs").exists(), "nothing is made for it"


def test_a_path_that_is_missing_is_the_first_failure(tmp_path: Path) -> None:
    config = written(tmp_path, dataset_base_path=str(tmp_path / "none"))
    done = loradeck(config, "--json", "--logs-dir", tmp_path)
    assert done.returncode == 1
    facts = [json.loads(line) for line in done.stdout.splitlines()]
    failed = [fact["name"] for fact in facts if fact["standing"] == "failure"]
    assert failed == ["dataset"]
    assert "Traceback" not in done.stderr


def test_a_config_that_is_missing_is_one_sentence(tmp_path: Path) -> None:
    done = loradeck(tmp_path / "none.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("There is no config at ")
