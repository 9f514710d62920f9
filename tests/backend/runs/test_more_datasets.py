"""Runs of several data sets over REST: registered ones by their ids, others by their paths."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.harness.backend import Backend
from tests.harness.dataset_over_rest import Set
from tests.harness.runs import SMALL, write_table


@pytest.fixture
def sets(backend: Backend) -> list[Set]:
    found = []
    for name in ("one", "two"):
        folder = backend.settings.data_roots[0] / name
        folder.mkdir()
        for number in range(3):
            (folder / f"{name}-{number}.mp4").write_bytes(b"a clip")
        write_table(folder, [(f"{name}-{number}.mp4", f"{name} {number}") for number in range(3)])
        found.append(Set(backend, folder, None))
    return found


def body(sets: list[Set], **more: Any) -> dict[str, Any]:
    entry = {"dataset_base_path": str(sets[0].backend.settings.data_roots[0] / "two"), "dataset_repeat": 5}
    config = SMALL | {
        "dataset_base_path": str(sets[0].backend.settings.data_roots[0] / "one"),
        "more_datasets": [entry],
    }
    return {"config": config} | more


def post(sets: list[Set], path: str, request: dict[str, Any], status: int) -> dict[str, Any]:
    answer = sets[0].backend.http.post(f"/api/{path}", json=request)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_each_registered_data_set_gives_the_run_a_table_of_its_own(sets: list[Set]) -> None:
    gone = sets[1].items()[0]["id"]
    sets[1].call("POST", "/quarantine", items=[gone], on=True, reason="dull")
    request = body(sets, dataset_id=sets[0].id, more_dataset_ids=[sets[1].id])
    run = Path(post(sets, "runs", request, 201)["folder"])
    config = json.loads((run / "config.json").read_text())
    assert config["dataset_metadata_path"] == str(run / "dataset.csv")
    assert config["more_datasets"][0]["dataset_metadata_path"] == str(run / "dataset-2.csv")
    assert config["more_datasets"][0]["dataset_repeat"] == 5
    with open(run / "dataset-2.csv", newline="") as table:
        assert [row["video"] for row in csv.DictReader(table)] == ["two-1.mp4", "two-2.mp4"]
    plan = post(sets, "plan", request, 200)
    assert (plan["samples"]["rows"], plan["samples"]["used"]) == (6, 5)


def test_a_further_data_set_may_be_a_folder(sets: list[Set]) -> None:
    for request in (body(sets), body(sets, dataset_id=sets[0].id), body(sets, more_dataset_ids=[None])):
        run = Path(post(sets, "runs", request, 201)["folder"])
        config = json.loads((run / "config.json").read_text())
        more = config["more_datasets"][0]
        assert more["dataset_metadata_path"] == f"{more['dataset_base_path']}/metadata.csv"
        assert post(sets, "plan", request, 200)["samples"]["used"] == 6
        post(sets, "checks", request, 201)


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"dataset_base_path": "/etc"}, 403, "outside_data_roots", "more_datasets.0.dataset_base_path"),
        ({"dataset_metadata_path": "none.csv"}, 422, "metadata_missing", "more_datasets.0.dataset_metadata_path"),
        ({"dataset_weight": 0}, 422, "invalid_value", "more_datasets.0.dataset_weight"),
        ({"caption_dropout": 2}, 422, "invalid_value", "more_datasets.0.caption_dropout"),
        ({"repeat": 2}, 422, "unknown_key", "more_datasets.0.repeat"),
    ],
)
def test_what_is_wrong_with_a_further_data_set_is_said_at_its_field(
    sets: list[Set], change: dict[str, Any], status: int, code: str, field: str
) -> None:
    request = body(sets)
    request["config"]["more_datasets"][0] |= change
    for path in ("runs", "plan", "checks"):
        said = post(sets, path, request, status)
        assert (said["code"], said["field"]) == (code, field)


def test_an_id_needs_an_entry(sets: list[Set]) -> None:
    request = body(sets, more_dataset_ids=[None, sets[1].id])
    for path in ("runs", "plan", "checks"):
        said = post(sets, path, request, 422)
        assert (said["code"], said["field"]) == ("dataset_id_alone", "more_dataset_ids.1")
    missing = post(sets, "runs", body(sets, more_dataset_ids=[12345]), 404)
    assert missing["code"] == "dataset_not_found"
    odd = body(sets, more_dataset_ids=[sets[1].id])
    odd["config"]["more_datasets"] = "two"
    assert post(sets, "runs", odd, 422)["code"] in ("dataset_id_alone", "invalid_value")
    for ids in ({"dataset_id": 2**70}, {"more_dataset_ids": [2**70]}, {"more_dataset_ids": [-(2**70)]}):
        for path in ("runs", "plan", "checks", "plan/trial"):
            assert post(sets, path, body(sets, **ids), 422)["field"].startswith(next(iter(ids)))
