"""`loradeck plan`, without a server."""

import json
from pathlib import Path
from typing import Any

import pytest

from loradeck.cli import main
from tests.harness.backend import make_dataset, served
from tests.harness.runs import SMALL
from trainer.hardware.gpus import visible_gpus

FIRST_USER = {
    "model": "wan2.2-ti2v-5b",
    "dataset_repeat": 10,
    "num_epochs": 5,
    "num_processes": 2,
    "validation_clips": 0,
}


def told(tmp_path: Path, capsys: pytest.CaptureFixture[str], config: dict[str, Any], *flags: str) -> tuple[int, str]:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    folders = ("--logs-dir", str(tmp_path / "logs"), "--state-dir", str(tmp_path / "state"))
    status = main(["plan", str(path), *folders, *flags])
    said = capsys.readouterr()
    return status, said.out + said.err


def test_the_mission_is_planned_in_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("--samples", "170180", "--seconds-per-step", "5", "--price", "4")
    status, said = told(tmp_path, capsys, FIRST_USER, *flags)
    assert status == 0
    assert "4,254,500 steps on each of 2 ranks" in said
    assert "246 days" in said
    assert "Warning: 4,254,500 steps a rank take 246 days" in said
    assert "To be done in 5 days:" in said
    assert "at that price an hour" in said


def test_it_is_what_the_api_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = make_dataset(tmp_path / "clips", rows=30)
    config = SMALL | {"dataset_base_path": str(base), "max_steps": None}
    with served(tmp_path) as backend:
        claim = {"agent_id": "agent-1", "host": "this machine", "gpus": visible_gpus()}
        assert backend.http.post("/api/agents/claim", json=claim).status_code == 204
        answer = backend.http.post("/api/plan", json={"config": config}).json()
    status, said = told(tmp_path, capsys, config, "--json")
    assert status == 0
    found = json.loads(said)
    assert found["total_steps"] == 30 * 10 * 4
    for both in (found, answer):
        both["disk"].pop("free_bytes")
    assert found == answer


@pytest.mark.parametrize(
    ("config", "flags", "sentence"),
    [
        ({"dataset_base_path": "/nowhere"}, (), "There is no file"),
        ({"height": 100}, ("--samples", "3"), "height: height is 100, which 32 does not divide."),
        ({}, ("--samples", "0"), "--samples is 0."),
        ({}, ("--samples", "3", "--days", "-1"), "--done-in-days is -1.0."),
    ],
)
def test_a_mistake_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], config: dict[str, Any], flags: tuple[str, ...], sentence: str
) -> None:
    status, said = told(tmp_path, capsys, config, *flags)
    assert status == 2
    assert sentence in said
    assert len(said.splitlines()) == 1
