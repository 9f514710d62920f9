"""What the plan counts of a data set is what a run of it trains on: the same files imported, scanned and trained."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from services.backend.planning.dataset_table import MAY_BE_READ
from tests.harness import media_files, scans
from tests.harness.backend import Backend
from tests.harness.dataset_over_rest import Set, is_scanning
from tests.harness.forked_attempts import Attempts
from tests.harness.runs import SMALL, events, warnings, write_clip
from tests.harness.waiting import until
from trainer.contract.plan import buckets
from trainer.contract.rundir import RunDir

CONFIG: dict[str, Any] = {
    **SMALL,
    "buckets": ["64x96x17", "64x96x5", "96x64x9"],
    "extra_inputs": "input_image",
    "dataset_repeat": 2,
    "num_epochs": 3,
    "max_steps": None,
    "batch_size": 2,
    "gradient_accumulation_steps": 2,
    "num_processes": 1,
    "eval_samples": 1,
    "use_gradient_checkpointing": False,
    "sample_prompts": [],
}


@pytest.fixture(scope="module")
def attempts() -> Iterator[Attempts]:
    found = Attempts()
    yield found
    found.close()


@pytest.fixture
def films(backend: Backend) -> Set:
    """Files of many kinds, sizes and lengths, whole and damaged, some in two rows, some without a caption; scanned."""
    folder = backend.settings.data_roots[0] / "films"
    folder.mkdir()
    write_clip(folder / "first.mp4", frames=30, height=96, width=160)
    names = ["first.mp4", *media_files.undamaged(folder, folder / "first.mp4")]
    names += [*media_files.damaged(folder, folder / "first.mp4")]
    for frames in (3, 5, 8, 16, 17):
        write_clip(folder / f"{frames}.mp4", frames=frames, height=64, width=96)
        write_clip(folder / f"upright-{frames}.mp4", frames=frames, height=96, width=64)
        names += [f"{frames}.mp4", f"upright-{frames}.mp4"]
    for number, size in enumerate(((100, 100), (150, 90), (90, 150))):
        Image.new("RGB", size, (80 * number, 40, 20)).save(folder / f"image-{number}.png")
        names.append(f"image-{number}.png")
    rows = [(name, f"this is {name}") for name in names if (folder / name).is_file()]
    rows += [("8.mp4", "the same again"), ("first.mp4", "another caption"), ("17.mp4", ""), ("upright.jpg", " ")]
    found = Set(backend, folder, rows)
    task = backend.runtime.tasks.folder(found.call("POST", "/scan", 202)["scan"]["task_id"])
    scans.scan(task)
    until(lambda: not is_scanning(backend.runtime.datasets.path(found.id)), "the scan's end in the manifest")
    return found


def planned(films: Set, **settings: Any) -> dict[str, Any]:
    answer = films.backend.http.post("/api/plan", json={"config": CONFIG | settings, "dataset_id": films.id})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def trained(films: Set, attempts: Attempts, **settings: Any) -> dict[str, Any]:
    """What a run of it says of itself, whose steps are cut short once it has said it."""
    answer = films.backend.http.post("/api/runs", json={"config": CONFIG | settings, "dataset_id": films.id})
    assert answer.status_code == 201, answer.text
    run = RunDir(Path(answer.json()["folder"]))
    assert attempts.run(run, 1) == 0, run.text_log(1).read_text()[-3000:]
    said = next(event["item"] for event in events(run, kind="phase") if event["phase"] == "plan")
    left_out = [event["details"] for event in warnings(run) if event["code"] == "rows_left_out"]
    with open(run.path / "dataset.csv", newline="") as table:
        rows = len(list(csv.DictReader(table)))
    held = next((int(part.split()[0]) for part in said.split(", ") if part.endswith("held out")), 0)
    return {
        "rows": rows,
        "buckets": {str(shape): count for shape, count in buckets.parse_counts(said).items()},
        "held_out": held,
        "steps": len(events(run, kind="step")),
        "left_out": left_out[0]["by_code"] if left_out else {},
    }


def agree(plan: dict[str, Any], run: dict[str, Any]) -> None:
    assert {bucket["shape"]: bucket["samples"] for bucket in plan["buckets"]} == run["buckets"]
    assert plan["samples"]["held_out"] == run["held_out"]
    assert plan["samples"]["used"] == sum(run["buckets"].values()) + run["held_out"]
    assert plan["total_steps"] == run["steps"]
    by_why = {left["why"]: left["rows"] for left in plan["samples"]["left_out"]}
    assert run["rows"] == plan["samples"]["rows"] - by_why.get("quarantined", 0)
    assert sum(run["left_out"].values()) == sum(by_why.values()) - by_why.get("quarantined", 0)
    assert run["left_out"].get("clip_too_short", 0) == by_why.get("too_short", 0)
    assert run["left_out"].get("caption_empty", 0) == by_why.get("no_caption", 0)


def test_a_scanned_data_set_of_several_shapes_is_counted_exactly(films: Set, attempts: Attempts) -> None:
    before = planned(films)
    assert not before["is_exact"]
    assert "damaged" in [warning["code"] for warning in before["warnings"]]
    films.call("POST", "/quarantine", filter={"rule": "unreadable"}, on=True)
    plan = planned(films)
    assert plan["is_exact"]
    assert len(plan["buckets"]) == 5, "three of videos, and two of images"
    agree(plan, trained(films, attempts))
    films.call("POST", "/split", by="seed", seed=3, share=0.2)
    split = planned(films)
    assert split["is_exact"]
    assert split["samples"]["held_out"] > 1
    agree(split, trained(films, attempts))


def test_shapes_made_of_an_area_are_counted_exactly(films: Set, attempts: Attempts) -> None:
    films.call("POST", "/quarantine", filter={"rule": "unreadable"}, on=True)
    settings = {"buckets": None, "max_area": 96 * 160, "num_frames": 5, "dataset_repeat": 1, "num_epochs": 1}
    plan = planned(films, **settings)
    assert plan["is_exact"]
    assert len(plan["buckets"]) > 4
    agree(plan, trained(films, attempts, **settings))


@pytest.mark.parametrize("has_split", [False, True])
def test_several_data_sets_are_counted_exactly(films: Set, attempts: Attempts, has_split: bool) -> None:
    """A registered one, and a table that has two of the same files again, and a third."""
    films.call("POST", "/quarantine", filter={"rule": "unreadable"}, on=True)
    if has_split:
        films.call("POST", "/split", by="seed", seed=3, share=0.3)
    folder = films.backend.settings.data_roots[0] / "films"
    write_clip(folder / "other.mp4", frames=12, height=96, width=64)
    names = ["other.mp4", "first.mp4", "17.mp4"]
    (folder / "again.csv").write_text("video,prompt\n" + "".join(f"{name},[trigger] again\n" for name in names))
    more = {
        "dataset_base_path": str(folder),
        "dataset_metadata_path": "again.csv",
        "dataset_weight": 0.5,
        "trigger_word": "ohwx",
    }
    settings = {
        "buckets": ["64x96x5"],
        "validation_clips": None if has_split else 4,
        "more_datasets": [more],
        "dataset_repeat": 3,
    }
    plan = planned(films, **settings)
    assert plan["is_exact"]
    run = trained(films, attempts, **settings)
    run["rows"] += len(names)
    agree(plan, run)


def test_files_that_cannot_be_read_and_clips_that_are_too_short_are_left_out(films: Set, attempts: Attempts) -> None:
    """Of the damages those are quarantined with which a run might still read a file."""
    damages = {
        item["id"]: films.call("GET", f"/items/{item['id']}")["damage"] for item in films.items(rule="unreadable")
    }
    doubtful = [item for item, damage in damages.items() if damage in MAY_BE_READ]
    assert 0 < len(doubtful) < len(damages)
    films.call("POST", "/quarantine", items=doubtful, on=True, reason="not sure")
    settings = {"buckets": None, "height": 64, "width": 96, "num_frames": 9, "dataset_repeat": 1, "num_epochs": 1}
    plan = planned(films, **settings)
    by_why = {left["why"]: left["rows"] for left in plan["samples"]["left_out"]}
    assert by_why.keys() == {"quarantined", "no_caption", "damaged", "too_short"}
    assert plan["is_exact"]
    agree(plan, trained(films, attempts, **settings))


def test_a_split_all_of_which_is_quarantined_is_none(films: Set, attempts: Attempts) -> None:
    films.call("POST", "/quarantine", filter={"rule": "unreadable"}, on=True)
    films.call("POST", "/split", by="seed", seed=3, share=0.2)
    held = [item["id"] for item in films.items() if item["split"] == "validation"]
    films.call("POST", "/quarantine", items=held, on=True, reason="dull")
    settings = {"validation_clips": 2, "dataset_repeat": 1, "num_epochs": 1}
    agree(planned(films, **settings), trained(films, attempts, **settings))


def test_a_split_and_validation_clips_are_refused_as_by_a_run(films: Set) -> None:
    films.call("POST", "/split", by="seed", seed=3, share=0.2)
    body = {"config": CONFIG | {"validation_clips": 2}, "dataset_id": films.id}
    said = [films.backend.http.post(f"/api/{path}", json=body) for path in ("plan", "runs")]
    assert [(answer.status_code, answer.json()["code"]) for answer in said] == [(422, "validation_twice")] * 2
