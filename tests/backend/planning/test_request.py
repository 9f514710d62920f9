"""The plan over HTTP."""

import csv
import time
from pathlib import Path
from typing import Any

import pytest

from services.backend.planning import request
from services.backend.planning.schemas import PlanRequest
from tests.harness.backend import Backend, LogFile, write_state
from tests.harness.waiting import until
from trainer.contract import events

FIRST_USER = {
    "model": "wan2.2-ti2v-5b",
    "dataset_repeat": 10,
    "num_epochs": 5,
    "num_processes": 2,
    "validation_clips": 0,
}
ROWS, IMAGES, FILES = 170_180, 90_000, 500
V100 = "Tesla V100-SXM2-32GB"
H100 = "NVIDIA H100 80GB HBM3"
DAY_S = 86_400


@pytest.fixture(scope="module")
def mission(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 170,180 rows, of which 90,000 are images."""
    folder = tmp_path_factory.mktemp("mission")
    with open(folder / "metadata.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["video", "image", "prompt"])
        for number in range(ROWS - IMAGES):
            name = f"clips/{number // FILES}/{number % FILES}.mp4"
            writer.writerow([name, "", f"a street, seen from above, number {number}"])
        for number in range(IMAGES):
            writer.writerow(["", f"images/{number // FILES}/{number % FILES}.jpg", f"a house, number {number}"])
    return folder


def write_mission_files(base: Path) -> None:
    """Write the table's files: one real folder, and links to it under all other names."""
    (base / "real").mkdir()
    for number in range(FILES):
        (base / f"real/{number}.mp4").touch()
        (base / f"real/{number}.jpg").touch()
    for kind, rows in (("clips", ROWS - IMAGES), ("images", IMAGES)):
        (base / kind).mkdir()
        for number in range(-(-rows // FILES)):
            (base / kind / str(number)).symlink_to("../real")


def plan(backend: Backend, config: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = backend.http.post("/api/plan", json={"config": config, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def has_gpus(backend: Backend, *gpus: str) -> None:
    claim = {"agent_id": "agent-1", "host": "gpu-host", "gpus": gpus}
    assert backend.http.post("/api/agents/claim", json=claim).status_code == 204


def part(found: dict[str, Any], what: str) -> dict[str, float]:
    (amount,) = (part["amount"] for part in found["parts"] if part["what"] == what)
    return dict(amount)


def test_the_mission_takes_246_days_and_not_five(backend: Backend) -> None:
    has_gpus(backend, V100, V100)
    found = plan(backend, FIRST_USER, samples=ROWS, seconds_per_step=5)
    assert (found["total_steps"], found["ranks"], found["steps_per_epoch"]) == (4_254_500, 2, 850_900)
    assert found["seconds_per_step"] == {"low": 5, "high": 5}
    assert part(found, "steps")["low"] // DAY_S == 246
    assert found["total"]["low"] > part(found, "steps")["high"], "evaluations, samples and the cache come on top"
    (warning,) = (warning for warning in found["warnings"] if warning["code"] == "too_long")
    assert "4,254,500 steps a rank take 246 days" in warning["message"]


def test_the_ways_back_are_changes_of_the_config_that_keep_what_they_say(backend: Backend) -> None:
    has_gpus(backend, V100, V100)
    found = plan(backend, FIRST_USER, samples=ROWS, seconds_per_step=5)
    assert found["done_in_days"] == 5
    labels = [way["label"] for way in found["ways"]]
    assert {"1 epoch, 1 repeat", "1 epoch, 1 repeat, 17 frames"} <= set(labels)
    assert any(label.startswith("stop after") for label in labels)
    for way in found["ways"]:
        assert way["is_enough"] == (way["total"]["low"] <= 5 * DAY_S)
        assert after(backend, way["changes"], seconds_per_step=5)["total"] == pytest.approx(way["total"])
    longer = plan(backend, FIRST_USER, samples=ROWS, seconds_per_step=5, done_in_days=60)
    assert {"num_epochs": 1} in [way["changes"] for way in longer["ways"]]


def after(backend: Backend, changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The plan for the first user once these have been clicked on, for whose first settings the figures were given."""
    of = {"seconds_per_step_of": FIRST_USER} if "seconds_per_step" in more else {}
    return plan(backend, FIRST_USER | changes, samples=ROWS, **of, **more)


@pytest.mark.parametrize(("own", "days"), [(5.0, 5.0), (None, 5.0), (5.0, 3.0), (5.0, 20.0)])
def test_clicks_on_the_ways_lead_to_the_days(backend: Backend, own: float | None, days: float) -> None:
    """First through the data once, then each time the first way that there is, until no doubt is left."""
    has_gpus(backend, V100, V100)
    more = {"seconds_per_step": own} if own is not None else {}
    changes: dict[str, Any] = {}
    found = after(backend, changes, done_in_days=days, **more)
    for _ in range(8):
        if not found["ways"]:
            break
        once = [way for way in found["ways"] if way["label"] == "1 epoch, 1 repeat"]
        way = (once or found["ways"])[0]
        changes |= way["changes"]
        limits = [way["changes"]["max_steps"] for way in found["ways"] if "max_steps" in way["changes"]]
        assert all(limit >= ROWS / 2 / 10 for limit in limits), "all clips are cached for a tenth of them at least"
        before, found = found, after(backend, changes, done_in_days=days, **more)
        assert found["total"] == pytest.approx(way["total"])
        assert found["total"]["high"] < before["total"]["high"]
    assert found["total"]["high"] <= days * DAY_S, found["total"]


def test_where_no_way_is_enough_each_is_shown_as_far_as_it_goes(backend: Backend) -> None:
    has_gpus(backend, V100, V100)
    found = after(backend, {}, seconds_per_step=5, done_in_days=0.1)
    assert not any(way["is_enough"] for way in found["ways"])
    assert found["ways"][0]["changes"] == {"num_epochs": 1, "dataset_repeat": 1}
    lows = [way["total"]["low"] for way in found["ways"][1:]]
    assert len(lows) > 2
    assert lows == sorted(lows)


def test_an_own_figure_is_scaled_for_another_shape_or_batch_than_it_was_of(backend: Backend) -> None:
    has_gpus(backend, V100, V100)
    same = after(backend, {"num_epochs": 1}, seconds_per_step=5)
    assert (same["seconds_per_step"], same["source_text"]) == ({"low": 5, "high": 5}, "Your own figure.")
    shorter = after(backend, {"num_frames": 17}, seconds_per_step=5)
    assert shorter["seconds_per_step"]["low"] < 5 * 5 / 13 < shorter["seconds_per_step"]["high"] < 5
    assert "carried over by the tokens" in shorter["source_text"]
    typed_anew = plan(backend, FIRST_USER | {"num_frames": 17}, samples=ROWS, seconds_per_step=5)
    assert typed_anew["seconds_per_step"] == {"low": 5, "high": 5}


def test_a_table_outside_of_the_roots_is_not_read(backend: Backend, mission: Path) -> None:
    answer = backend.http.post("/api/plan", json={"config": {"dataset_base_path": str(mission)}})
    assert answer.status_code == 403


def test_a_table_of_170180_rows_is_answered_in_50_ms(backend: Backend, mission: Path) -> None:
    base = backend.settings.data_roots[0] / "mission"
    base.mkdir()
    (base / "metadata.csv").write_bytes((mission / "metadata.csv").read_bytes())
    write_mission_files(base)
    config = FIRST_USER | {"dataset_base_path": str(base)}
    found = plan(backend, config, seconds_per_step=5)
    assert found["samples"] == {
        "rows": ROWS,
        "used": ROWS,
        "videos": ROWS - IMAGES,
        "images": IMAGES,
        "held_out": 0,
        "left_out": [],
        "is_counted": True,
    }
    assert found["buckets"] == [
        {"shape": "480x832x49", "samples": ROWS - IMAGES},
        {"shape": "480x832x1", "samples": IMAGES},
    ]
    assert (found["total_steps"], found["is_exact"]) == (4_254_500, True)
    took = []
    for _ in range(10):
        began = time.thread_time()
        request.read(
            backend.runtime.db,
            backend.settings,
            backend.runtime.datasets,
            PlanRequest(config=config, seconds_per_step=5),
        )
        took.append(time.thread_time() - began)
    assert sorted(took)[5] < 0.05, took
    held = plan(backend, {**config, "validation_clips": None}, seconds_per_step=5)
    assert held["samples"]["held_out"] == 8


def test_a_table_that_has_changed_is_counted_anew(backend: Backend) -> None:
    base = backend.settings.data_roots[0] / "clips"
    base.mkdir()
    table = base / "metadata.csv"
    for name in ("a.mp4", "b.mp4"):
        (base / name).write_bytes(b"film")
    table.write_text("video,prompt\na.mp4,a bird\nb.mp4,\n,a bird\n../c.mp4,a bird\nd.mp4,a, b\n")
    config = {"dataset_base_path": str(base)}
    found = plan(backend, config)["samples"]
    assert found["used"] == 1, "no caption, no file, outside of the folder, commas without quotes"
    assert {left["why"]: left["rows"] for left in found["left_out"]} == {"no_caption": 1, "no_file": 2, "unreadable": 1}
    table.write_text("video,prompt\na.mp4,a bird\nb.mp4,two birds\nlater.mp4,three birds\n")
    assert plan(backend, config)["samples"]["used"] == 2
    (base / "later.mp4").write_bytes(b"film")
    assert plan(backend, config)["samples"]["used"] == 3, "a file that came, with the table as it was"
    (base / "later.mp4").unlink()
    assert plan(backend, config)["samples"]["used"] == 2
    registered = backend.http.post("/api/datasets", json={"name": "birds", "base_path": str(base)}).json()
    assert plan(backend, {}, dataset_id=registered["id"])["total_steps"] == 2


@pytest.mark.parametrize("encoding", ["utf-16", "cp949"])
def test_a_table_as_a_spreadsheet_saves_it_is_planned_and_run(backend: Backend, encoding: str) -> None:
    """One that is longer than what is read of it before a run is queued."""
    base = backend.settings.data_roots[0] / "clips"
    base.mkdir()
    (base / "강아지.mp4").write_bytes(b"film")
    rows = "".join(f"{number}.mp4;고양이가 들판을 천천히 가로질러 간다\r\n" for number in range(40_000))
    (base / "metadata.csv").write_bytes(f"Video;비고;Prompt\r\n강아지.mp4;;강아지가 뛴다\r\n{rows}".encode(encoding))
    config = {"dataset_base_path": str(base)}
    found = plan(backend, config)
    assert (found["samples"]["used"], found["samples"]["rows"]) == (1, 40_001)
    assert ("read_as_cp949" in {warning["code"] for warning in found["warnings"]}) == (encoding == "cp949")
    assert backend.http.post("/api/runs", json={"config": config | {"name": "r"}}).status_code == 201


@pytest.mark.parametrize(
    ("config", "field"),
    [({"height": 100}, "height"), ({"lora_rnak": 3}, "lora_rnak"), ({"validation_clips": 12}, "validation_clips")],
)
def test_a_mistake_in_the_config_is_that_of_a_start(backend: Backend, config: dict[str, Any], field: str) -> None:
    answer = backend.http.post("/api/plan", json={"config": config, "samples": 12})
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_the_card_that_was_measured_and_one_that_was_not(backend: Backend) -> None:
    has_gpus(backend, H100)
    config = {"model": "wan2.2-ti2v-5b", "validation_clips": 0}
    on_h100 = plan(backend, config, samples=1000)
    assert on_h100["source"] == "benchmark"
    assert on_h100["seconds_per_step"]["low"] < 0.287 < on_h100["seconds_per_step"]["high"]
    assert on_h100["memory"]["fits"]
    has_gpus(backend, V100)
    on_v100 = plan(backend, config, samples=1000)
    assert "your card differs" in on_v100["source_text"]
    assert on_v100["seconds_per_step"]["low"] < 4.6 < on_v100["seconds_per_step"]["high"]
    has_gpus(backend, "Some Card 9000")
    unknown = plan(backend, config, samples=1000)
    assert (unknown["source"], unknown["total"], unknown["parts"]) == ("unknown", None, [])
    assert [warning["code"] for warning in unknown["warnings"]] == ["time_unknown"]


def test_earlier_runs_of_the_same_settings_are_the_best_source(backend: Backend) -> None:
    run_id = "earlier"
    folder = backend.folder(run_id)
    folder.mkdir()
    config = '{"dataset_base_path": "/clips", "model": "wan2.2-ti2v-5b", "eval_steps": 10}'
    (folder / "config.json").write_text(config)
    LogFile(folder, rank=-1).header()
    write_state(folder)
    log = LogFile(folder).header(world_size=1)
    machine = {"card": V100, "card_bytes": 34_000_000_000, "cached_clips": 10, "cache_s": 40.0}
    log.write(events.Phase, phase="load", details=machine)
    for step in range(1, 61):
        log.ts += 6.0  # and the second that the log itself adds
        log.step(step)
        if step % 10 == 0:
            log.write(events.Phase, phase="eval")
            log.ts += 20.0
            log.write(events.Phase, phase="train", done=step, total=60)
    backend.wait_for(run_id, step=60)
    has_gpus(backend, V100)
    asked = {"model": "wan2.2-ti2v-5b", "eval_steps": 1000, "validation_clips": 0}

    def by_history() -> dict[str, Any] | None:
        found = plan(backend, asked, samples=2000)
        return found if found["source"] == "history" else None

    found = until(by_history, "the history")
    assert found["seconds_per_step"]["low"] < 7.0 < found["seconds_per_step"]["high"] < 8.1
    assert "gpu-host" in found["source_text"]
    evaluations = part(found, "evaluations")
    assert evaluations["low"] < 3 * 21 < evaluations["high"]
    cache = part(found, "cache")
    assert cache["low"] < 2000 * 4.0 < cache["high"]
    assert found["memory"]["card_bytes"] == 34_000_000_000
    shorter = plan(backend, {**asked, "num_frames": 17}, samples=2000)
    assert "another shape" in shorter["source_text"]
    assert shorter["seconds_per_step"]["high"] < found["seconds_per_step"]["high"]


def test_cost_disk_and_memory(backend: Backend) -> None:
    has_gpus(backend, H100, H100)
    config = {"model": "wan2.2-ti2v-5b", "validation_clips": 0, "keep_checkpoints": None, "save_steps": 1}
    found = plan(backend, config, samples=100_000, price_per_hour=3.0)
    assert found["cost"]["low"] == pytest.approx(found["total"]["low"] / 3600 * 3.0)
    checkpoints = next(part for part in found["disk"]["parts"] if part["what"] == "checkpoints")
    assert checkpoints["count"] == found["total_steps"] == 50_000
    assert checkpoints["amount"]["low"] / 50_000 == pytest.approx(968e6, rel=0.01), "as measured"
    (short,) = (warning for warning in found["warnings"] if warning["code"] == "disk_short")
    assert "keep fewer checkpoints" in short["hint"]
    of_cache = plan(backend, {**config, "save_steps": 10**6, "keep_checkpoints": 1}, samples=10**8)
    assert ["most of it is their cache" in w["hint"] for w in of_cache["warnings"] if w["code"] == "disk_short"] == [
        True
    ]
    has_gpus(backend, V100)
    large = plan(backend, {**config, "num_frames": 1025, "height": 1280, "width": 704}, samples=10)
    assert "does_not_fit" in [warning["code"] for warning in large["warnings"]]
    assert large["memory"]["fits"] is False


def test_a_trial_is_queued_for_the_gpu_host(backend: Backend) -> None:
    base = backend.settings.data_roots[0] / "clips"
    base.mkdir()
    (base / "metadata.csv").write_text("video,prompt\na.mp4,a bird\n")
    answer = backend.http.post("/api/plan/trial", json={"config": {"dataset_base_path": str(base)}})
    assert answer.status_code == 202
    task = backend.get(f"/api/tasks/{answer.json()['task_id']}")
    assert (task["kind"], task["state"]) == ("trial", "queued")
