"""Plans, checks and trials of a data set are of what a run would take of it."""

import csv
import json
from typing import Any

import pytest

from tests.harness.backend import Backend
from tests.harness.waiting import until

ROWS = 40


@pytest.fixture
def dataset(backend: Backend) -> int:
    """Forty clips, listed as nobody but the import reads it."""
    folder = backend.settings.data_roots[0] / "films"
    folder.mkdir()
    lines = ["file_path,caption"]
    for number in range(ROWS):
        (folder / f"{number}.mp4").write_bytes(b"film")
        lines.append(f"{number}.mp4,the {number}th tram")
    (folder / "list.csv").write_text("\n".join(lines) + "\n")
    asked = {"name": "films", "base_path": str(folder), "metadata_path": "list.csv"}
    answer = backend.http.post("/api/datasets", json=asked)
    assert answer.status_code == 201, answer.text
    found = answer.json()
    until(lambda: backend.get(f"/api/datasets/{found['id']}")["state"] == "ready")
    return int(found["id"])


def decide(backend: Backend, dataset: int, path: str, **body: Any) -> None:
    answer = backend.http.post(f"/api/datasets/{dataset}/{path}", json=body)
    assert answer.status_code < 300, answer.text


def planned(backend: Backend, dataset: int) -> dict[str, Any]:
    body = {"config": {"num_processes": 1, "num_epochs": 2, "eval_samples": 1}, "dataset_id": dataset}
    answer = backend.http.post("/api/plan", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_plan_counts_what_is_not_quarantined_and_not_held_out(backend: Backend, dataset: int) -> None:
    plan = planned(backend, dataset)
    assert (plan["samples"]["rows"], plan["samples"]["used"], plan["total_steps"]) == (ROWS, ROWS, 2 * ROWS)
    items = backend.get(f"/api/datasets/{dataset}/items", limit=4)["items"]
    decide(backend, dataset, "quarantine", items=[item["id"] for item in items], reason="dull", on=True)
    plan = planned(backend, dataset)
    assert (plan["samples"]["rows"], plan["samples"]["used"], plan["total_steps"]) == (ROWS, 36, 72)
    decide(backend, dataset, "split", by="seed", seed=1, share=0.25)
    plan = planned(backend, dataset)
    held = plan["samples"]["held_out"]
    assert held > 0
    assert plan["total_steps"] == 2 * (36 - held)


@pytest.mark.parametrize(("path", "kind", "name"), [("checks", "check", "id"), ("plan/trial", "trial", "task_id")])
def test_a_check_and_a_trial_have_a_table_of_the_used_rows(
    backend: Backend, dataset: int, path: str, kind: str, name: str
) -> None:
    items = backend.get(f"/api/datasets/{dataset}/items", limit=4)["items"]
    decide(backend, dataset, "quarantine", items=[item["id"] for item in items], reason="dull", on=True)
    config = {"dataset_base_path": "/nowhere", "dataset_metadata_path": "/nowhere/list.json"}
    answer = backend.http.post(f"/api/{path}", json={"config": config, "dataset_id": dataset})
    assert answer.status_code in (201, 202), answer.text
    place = backend.runtime.tasks.folder(answer.json()[name])
    request = json.loads(place.request.read_bytes())
    assert request["kind"] == kind
    table = place.path / "dataset.csv"
    assert request["config"]["dataset_metadata_path"] == str(table)
    with open(table, newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 36
    assert {item["file"] for item in items}.isdisjoint(row["video"] for row in rows)


def test_a_data_set_that_is_not_there(backend: Backend) -> None:
    for path in ("checks", "plan/trial", "plan"):
        answer = backend.http.post(f"/api/{path}", json={"config": {}, "dataset_id": 99})
        assert answer.status_code == 404, (path, answer.text)
