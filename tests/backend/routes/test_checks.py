"""A check is asked for as a run is, and queued as a task for the agent that would start it."""

import json
from pathlib import Path

from tests.harness.backend import Backend
from trainer.contract.check import CheckFact, Request
from trainer.contract.tasks import Facts


def test_a_check_is_a_task_with_a_config_that_is_whole(backend: Backend, tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    (folder / "metadata.csv").write_text("video,prompt\na.mp4,a\n")
    config = {"name": "trams", "dataset_base_path": str(folder)}
    answer = backend.http.post("/api/checks", json={"config": config})
    assert answer.status_code == 201, answer.text
    task_id = answer.json()["id"]
    place = backend.runtime.tasks.folder(task_id)
    request = json.loads(place.request.read_bytes())
    assert request["kind"] == "check"
    assert request["config"]["dataset_metadata_path"] == str(folder / "metadata.csv")
    assert set(request) <= set(Request.__struct_fields__)
    written = Facts(place)
    written.write(CheckFact(ts=1.0, name="disk", title="Free disk", limit_s=20, standing="running"))
    written.close()
    read = backend.get(f"/api/tasks/{task_id}", after=0)
    assert (read["kind"], read["state"], read["facts"][0]["name"]) == ("check", "queued", "disk")


def test_a_mistake_is_told_at_once(backend: Backend) -> None:
    answer = backend.http.post("/api/checks", json={"config": {"dataset_base_path": "/data", "height": 100}})
    assert (answer.status_code, answer.json()["field"]) == (422, "height")
