"""Data sets over REST, from a source to a run's frozen table."""

import csv
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.backend import tasks
from services.backend.sets import following, manifest
from tests.backend.sets.support import media, words, write_source
from tests.backend.support import Backend, open_files, served, until
from tests.trainer.runs import write_clip
from trainer.contract.config import RunConfig
from trainer.contract.scan import ITEMS, THUMBNAILS
from trainer.contract.tasks import End, Facts, Progress
from trainer.dataset import read_rows


class Set:
    """One data set, over HTTP."""

    def __init__(self, backend: Backend, base: Path, rows: Iterable[tuple[str, str]]) -> None:
        self.backend, self.base = backend, base
        write_source(base, rows)
        self.id = self.call("POST", "", 201, name="set", base_path=str(base))["id"]

    def call(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        root = f"/api/datasets/{self.id}" if path or method != "POST" else "/api/datasets"
        answer = self.backend.http.request(method, root + path, json=body or None)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def items(self, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.backend.get(f"/api/datasets/{self.id}/items", limit=500, **query)["items"]
        return found

    def files(self, **query: Any) -> list[str]:
        return [item["file"] for item in self.items(**query)]

    def export(self, form: str = "metadata") -> str:
        answer = self.backend.http.get(f"/api/datasets/{self.id}/export", params={"format": form})
        assert answer.status_code == 200, answer.text
        return answer.text

    def scanned(self, *facts: Any, end: str = "succeeded") -> dict[str, Any]:
        """A whole scan that finds this."""
        task = tasks.folder_of(self.backend.deck, self.call("POST", "/scan", 202)["scan"]["task_id"])
        writer = Facts(task)
        writer.write(Progress(ts=0, phase="files", done=1, total=2, left_s=9.0), *facts, End(ts=0, reason=end))  # type: ignore[arg-type]
        writer.close()
        path = self.backend.deck.sets.path(self.id)
        until(lambda: not is_going(path), "the scan's end in the manifest")
        found: dict[str, Any] = self.call("GET", "")
        return found


def is_going(path: Path) -> bool:
    with manifest.opened(path) as found:
        return following.is_going(found.sql)


@pytest.fixture
def clips(backend: Backend, tmp_path: Path) -> Set:
    names = [*(f"birds/{number}.mp4" for number in range(4)), *(f"{number}.jpg" for number in range(4))]
    return Set(backend, tmp_path / "clips", [(name, f"this is {name}") for name in names])


def test_what_a_scan_finds_shows_while_it_goes_on(clips: Set) -> None:
    asked = clips.call("POST", "/scan", 202)
    assert (asked["scan"]["state"], asked["unscanned"]) == ("queued", 8)
    assert clips.call("POST", "/scan", 409)["code"] == "scan_running"
    task = tasks.folder_of(clips.backend.deck, asked["scan"]["task_id"])
    listed = [json.loads(line) for line in (task.path / ITEMS).read_text().splitlines()]
    assert [line[0] for line in listed] == [str(clips.base / name) for name in clips.files()]
    (task.path / THUMBNAILS).write_bytes(b"....picture")
    facts, bird = Facts(task), clips.base / "birds/0.mp4"
    progress = Progress(ts=0, phase="files", done=1, total=8, left_s=7.5)
    facts.write(progress, media(bird, frames=3, thumbnail=(4, 7)), words("this is birds/0.mp4", tokens=600))
    until(lambda: clips.files(rule="too_few_frames") == ["birds/0.mp4"], "the fact")
    assert clips.files(rule="caption_long") == ["birds/0.mp4"]
    going = clips.call("GET", "")
    assert (going["scan"]["done"], going["scan"]["total"], going["scan"]["left_s"]) == (1, 8, 7.5)
    assert going["unscanned"] == 7
    item = clips.items(rule="caption_long")[0]
    picture = clips.backend.http.get(item["thumbnail"])
    assert (picture.content, picture.headers["content-type"]) == (b"picture", "image/webp")
    assert "immutable" in picture.headers["cache-control"]
    facts.write(End(ts=0, reason="succeeded"))
    facts.close()
    until(lambda: clips.call("GET", "")["scan"]["state"] == "succeeded", "the end")
    assert clips.call("POST", "/scan/stop", 409)["code"] == "no_scan"
    again = clips.call("POST", "/scan", 202)
    assert again["scan"]["task_id"] == asked["scan"]["task_id"], "it goes on from what it has found"
    clips.call("POST", "/scan/stop", 202)
    until(lambda: clips.call("GET", "")["scan"]["state"] == "stopped", "the stop, once all is taken in")


def test_the_scanner_itself_measures_real_clips(backend: Backend, tmp_path: Path) -> None:
    base = tmp_path / "clips"
    base.mkdir()
    for name in ("a.mp4", "b.mp4"):
        write_clip(base / name)
    (base / "cut.mp4").write_bytes((base / "a.mp4").read_bytes()[:-200])
    clips = Set(backend, base, [("a.mp4", "a square"), ("b.mp4", "Ein Quadrat"), ("cut.mp4", "квадрат and a square")])
    task = tasks.folder_of(backend.deck, clips.call("POST", "/scan", 202)["scan"]["task_id"])
    subprocess.run([sys.executable, "-m", "trainer.task", str(task.path)], check=True, timeout=120)
    until(lambda: clips.call("GET", "")["scan"]["state"] == "succeeded", "the end")
    until(lambda: not is_going(backend.deck.sets.path(clips.id)), "the end in the manifest")
    assert clips.call("GET", "")["unscanned"] == 0
    assert clips.files(rule="unreadable") == ["cut.mp4"]
    assert clips.files(rule="duplicate") == ["b.mp4"]
    assert clips.files(rule="caption_mixed") == ["cut.mp4"]
    found = clips.call("GET", "/items/1")
    assert found["frames"] > 1
    assert found["tokens"] > 1
    assert backend.http.get(found["thumbnail"]).content[:4] == b"RIFF"


def test_a_scan_is_read_on_after_a_restart(tmp_path: Path) -> None:
    with served(tmp_path) as backend:
        clips = Set(backend, tmp_path / "clips", [("a.mp4", "a fox")])
        task = tasks.folder_of(backend.deck, clips.call("POST", "/scan", 202)["scan"]["task_id"])
        assert clips.call("POST", "/quarantine", items=[1], on=True)["changed"] == 1
    facts = Facts(task)
    facts.write(media(tmp_path / "clips/a.mp4", frames=3), End(ts=0, reason="succeeded"))
    facts.close()
    with served(tmp_path) as backend:
        clips.backend = backend
        until(lambda: clips.files(rule="too_few_frames", state="quarantined") == ["a.mp4"], "the fact")


def test_an_import_that_a_crash_cut_short_is_done_at_the_start(tmp_path: Path) -> None:
    with served(tmp_path) as backend:
        clips = Set(backend, tmp_path / "clips", [("a.mp4", "a fox")])
        path = backend.deck.sets.path(clips.id)
    path.unlink()
    with served(tmp_path) as backend:
        clips.backend = backend
        until(lambda: clips.call("GET", "")["state"] == "ready", "the import")
        assert clips.files() == ["a.mp4"]


def test_one_row_in_all_that_is_known_of_it(clips: Set) -> None:
    same = [media(clips.base / f"birds/{number}.mp4", fingerprint="same") for number in range(2)]
    clips.scanned(*same, words("this is 1.jpg", scripts={"Latin": 6}))
    found = clips.call("GET", "/items/2")
    assert (found["file"], found["line"], found["width"], found["duplicates"]) == ("birds/1.mp4", 3, 1280, [1])
    assert found["path"] == str(clips.base / "birds/1.mp4")
    assert found["cropped"] == pytest.approx(1 - 704 / 720)
    assert found["flags"] == ["duplicate"]
    assert clips.call("GET", "/items/6")["scripts"] == {"Latin": 6}
    assert clips.call("GET", "/items/9", 404)["code"] == "item_not_found"
    assert clips.call("GET", "/items/3/thumbnail", 404)["code"] == "no_thumbnail"


def test_the_file_itself_in_ranges_and_nothing_outside(clips: Set) -> None:
    url, path = clips.items()[0]["media"], clips.base / "birds/0.mp4"
    assert clips.backend.http.get(url).content == path.read_bytes()
    part = clips.backend.http.get(url, headers={"Range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, path.read_bytes()[1:4])
    path.unlink()
    assert clips.call("GET", "/items/1/file", 404)["code"] == "file_not_found"
    path.symlink_to("/etc/passwd")
    assert clips.call("GET", "/items/1/file", 403)["code"] == "outside_data_roots"


def test_filters_and_orders(clips: Set) -> None:
    facts = [media(clips.base / f"birds/{number}.mp4", frames=[90, 30, 60, 49][number]) for number in range(4)]
    clips.scanned(*facts)
    assert clips.files(kind="image") == [f"{number}.jpg" for number in range(4)]
    assert clips.files(sort="frames")[:4] == ["birds/1.mp4", "birds/3.mp4", "birds/2.mp4", "birds/0.mp4"]
    assert clips.files(sort="frames", descending="true")[:4] == [
        "birds/0.mp4", "birds/2.mp4", "birds/3.mp4", "birds/1.mp4",
    ]  # fmt: skip
    assert clips.files(sort="frames", descending="true")[4:] == clips.files(kind="image"), "unknown ones last"
    assert clips.files(descending="true") == clips.files()[::-1]
    assert clips.files(q="BIRDS/2") == ["birds/2.mp4"]
    assert clips.files(q="%") == clips.files(q="_") == []
    assert clips.files(rule="too_few_frames", kind="image") == []
    window = clips.backend.get(f"/api/datasets/{clips.id}/items", offset=6, limit=1, kind="all")
    assert (window["total"], [item["file"] for item in window["items"]]) == (8, ["2.jpg"])
    assert clips.backend.get(f"/api/datasets/{clips.id}/items", offset=2**53)["items"] == []


def test_thresholds_need_no_new_scan(clips: Set) -> None:
    clips.scanned(media(clips.base / "birds/0.mp4", frames=81))
    rules = {rule["id"]: rule for rule in clips.call("GET", "/rules")["rules"]}
    assert (rules["too_few_frames"]["threshold"], rules["too_few_frames"]["flagged"]) == (49, 0)
    changed = clips.call("PUT", "/rules", rules={"too_few_frames": {"threshold": 100}})
    flagged = {rule["id"]: rule["flagged_used"] for rule in changed["rules"]}
    assert flagged["too_few_frames"] == 1
    assert clips.files(rule="too_few_frames") == ["birds/0.mp4"]
    clips.call("PUT", "/rules", rules={"too_few_frames": {"enabled": False}})
    assert clips.files(rule="too_few_frames") == []
    target = clips.call("PUT", "/rules", target={"height": 1408, "width": 2560})["target"]
    assert target == {"height": 1408, "width": 2560}
    assert clips.files(rule="small") == ["birds/0.mp4"]
    for wrong, code in (({"threshold": 0}, "threshold"), ({"threshold": 1e300}, "threshold")):
        assert clips.call("PUT", "/rules", 422, rules={"too_few_frames": wrong})["code"] == code
    assert clips.call("PUT", "/rules", 422, rules={"leak": {"threshold": 1}})["code"] == "no_threshold"
    assert clips.call("PUT", "/rules", 422, rules={"nothing": {}})["code"] == "invalid_field"


def test_exports_at_once_are_whole(clips: Set) -> None:
    """Each is read on by whichever of the server's threads is idle."""
    whole = clips.export("manifest")
    url = f"{clips.backend.url}/api/datasets/{clips.id}/export?format=manifest"
    with ThreadPoolExecutor(16) as threads:
        texts = list(threads.map(lambda _: httpx.get(url, headers=clips.backend.bearer).text, range(64)))
    assert texts == [whole] * 64


def test_undo_takes_everything_back_to_the_byte(clips: Set) -> None:
    forms = ("metadata", "manifest", "quarantine")
    draw, states = random.Random(5), [[clips.export(form) for form in forms]]
    acts: list[tuple[str, str, dict[str, Any]]] = [
        ("PATCH", "/items/2", {"caption": "=SUM(A1), \"quoted\"\nand broken"}),
        ("POST", "/quarantine", {"items": [1, 3, 999], "reason": "bad", "on": True}),
        ("POST", "/captions/replace", {"find": "THIS", "replace": "that"}),
        ("POST", "/quarantine", {"filter": {"kind": "image"}, "on": True}),
        ("POST", "/captions/trigger", {"word": "sks", "filter": {"q": "jpg"}}),
        ("POST", "/split", {"by": "group", "prefixes": ["birds/3"]}),
        ("POST", "/quarantine", {"filter": {"q": "1.jpg"}, "on": False}),
        ("POST", "/quarantine/import", {"csv": "file,reason\nbirds/2.mp4,by list\ngone.mp4,x\n"}),
        ("POST", "/captions/replace", {"find": "(\\w+)\\.jpg", "replace": "\\1", "regex": True}),
        ("POST", "/split", {"by": "none"}),
    ]  # fmt: skip
    for method, path, body in acts:
        clips.call(method, path, **body)
        states.append([clips.export(form) for form in forms])
    assert len({tuple(state) for state in states}) > len(acts) - 1, "each did something"
    assert [action["count"] for action in clips.call("GET", "")["done"]][-1] == 1
    at = len(acts)
    for _ in range(60):
        way = draw.choice(["undo", "redo"]) if 0 < at < len(acts) else "undo" if at else "redo"
        clips.call("POST", f"/{way}")
        at += -1 if way == "undo" else 1
        assert [clips.export(form) for form in forms] == states[at]
    while at:
        clips.call("POST", "/undo")
        at -= 1
    assert clips.call("POST", "/undo", 409)["code"] == "nothing_to_undo"
    clips.call("PATCH", "/items/2", caption="new")
    assert clips.call("POST", "/redo", 409)["code"] == "nothing_to_redo"


def test_a_dry_run_changes_nothing_and_nothing_is_no_action(clips: Set) -> None:
    before = clips.export("manifest")
    found = clips.call("POST", "/captions/replace", find="this", replace="that", dry_run=True)
    assert found["changed"] == 8
    assert found["examples"][0] == {"id": 1, "before": "this is birds/0.mp4", "after": "that is birds/0.mp4"}
    assert clips.call("POST", "/captions/trigger", word="sks", place="end", dry_run=True)["examples"][0]["after"] == (
        "this is birds/0.mp4, sks"
    )
    clips.call("POST", "/captions/replace", find="nowhere", replace="x")
    clips.call("PATCH", "/items/1", caption="this is birds/0.mp4 ")
    assert (clips.export("manifest"), clips.call("GET", "")["done"]) == (before, [])


def test_a_trigger_word_is_added_once(clips: Set) -> None:
    clips.call("PATCH", "/items/1", caption="sks bird")
    clips.call("PATCH", "/items/2", caption="sksbird")
    clips.call("PATCH", "/items/3", caption="")
    assert clips.call("POST", "/captions/trigger", word="sks")["changed"] == 7
    assert [item["caption"] for item in clips.items()][:4] == [
        "sks bird",
        "sks, sksbird",
        "sks",
        "sks, this is birds/3.mp4",
    ]
    assert clips.call("POST", "/captions/trigger", word="sks")["changed"] == 0


def test_captions_that_no_table_can_hold(clips: Set) -> None:
    for caption in ("a\\u0000b", "\\ud800"):
        answer = clips.backend.http.patch(
            f"/api/datasets/{clips.id}/items/1",
            content=f'{{"caption": "{caption}"}}',
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == 422, answer.text


def test_a_selection_is_one_of_two(clips: Set) -> None:
    for body in ({}, {"items": [1], "filter": {}}):
        assert clips.call("POST", "/quarantine", 422, on=True, **body)["code"] == "selection"


def test_a_quarantine_goes_out_and_comes_back(clips: Set) -> None:
    clips.call("POST", "/quarantine", items=[2, 5], reason='blurred, "badly"', on=True)
    listed = clips.export("quarantine")
    assert list(csv.DictReader(listed.splitlines())) == [
        {"file": "birds/1.mp4", "reason": 'blurred, "badly"'}, {"file": "0.jpg", "reason": 'blurred, "badly"'},
    ]  # fmt: skip
    clips.call("POST", "/quarantine", filter={}, on=False)
    assert clips.export("quarantine") == "file,reason\n"
    found = clips.call("POST", "/quarantine/import", csv=f"\ufeff{listed}elsewhere.mp4,x\n")
    assert found == {"changed": 2, "unknown": 1, "examples": ["elsewhere.mp4"]}
    assert clips.export("quarantine") == listed
    assert clips.call("POST", "/quarantine/import", 422, csv="video\na\n")["code"] == "quarantine_columns"


def test_a_split_keeps_a_file_and_its_copies_on_one_side(backend: Backend, tmp_path: Path) -> None:
    rows = [(f"{number % 100}.mp4", f"caption {number}") for number in range(150)]
    clips = Set(backend, tmp_path / "clips", rows)
    copies = [media(clips.base / f"{number}.mp4", fingerprint=str(number // 2)) for number in range(100)]
    clips.scanned(*copies)
    assert clips.call("POST", "/split", by="seed", seed=1, share=0.2) == {
        "training": len(clips.files(split="train")), "validation": len(clips.files(split="validation")),
    }  # fmt: skip
    held = {int(name.removesuffix(".mp4")) for name in clips.files(split="validation")}
    assert len({number // 2 for number in held}) == 10
    assert held == {number for pair in held for number in (pair // 2 * 2, pair // 2 * 2 + 1)}
    assert clips.files(rule="leak") == []
    first = clips.files(split="validation")
    clips.call("POST", "/split", by="seed", seed=2, count=10)
    assert clips.files(split="validation") != first
    clips.call("POST", "/split", by="seed", seed=1, count=10)
    assert clips.files(split="validation") == first
    assert clips.call("POST", "/split", by="none")["validation"] == 0
    for body, code in (
        ({"by": "seed"}, "split_size"),
        ({"by": "seed", "share": 0.5, "count": 5}, "split_size"),
        ({"by": "seed", "count": 50}, "split_too_large"),
        ({"by": "group", "prefixes": ["nowhere/"]}, "split_empty"),
        ({"by": "group", "prefixes": [str(digit) for digit in range(10)]}, "split_too_large"),
    ):
        assert clips.call("POST", "/split", 422, **body)["code"] == code


def test_a_split_by_folder(clips: Set) -> None:
    assert clips.call("GET", "/groups") == [{"prefix": "birds/", "count": 4}]
    assert clips.call("POST", "/split", by="group", prefixes=["birds/"]) == {"training": 4, "validation": 4}
    assert clips.files(split="validation") == [f"birds/{number}.mp4" for number in range(4)]


def test_a_run_gets_what_is_used_frozen(clips: Set) -> None:
    clips.call("POST", "/quarantine", items=[1, 5], on=True)
    clips.call("PATCH", "/items/2", caption='of two\nlines, "quoted"')
    clips.call("POST", "/split", by="group", prefixes=["birds/3", "birds/1"])
    body = {"config": {"name": "r", "dataset_base_path": "/nowhere"}, "dataset_id": clips.id}
    answer = clips.backend.http.post("/api/runs", json=body)
    assert answer.status_code == 201, answer.text
    run = answer.json()
    table = clips.backend.folder(run["id"]) / "dataset.csv"
    assert run["config"]["dataset_base_path"] == str(clips.base)
    assert run["config"]["dataset_metadata_path"] == str(table)
    frozen = table.read_bytes()
    clips.call("POST", "/quarantine", filter={"kind": "image"}, on=True)
    assert table.read_bytes() == frozen
    rows, rejected = read_rows(RunConfig.model_validate(run["config"]))
    assert rejected == []
    assert [(row.video, row.split) for row in rows] == [
        ("birds/1.mp4", "validation"), ("birds/2.mp4", "train"), ("birds/3.mp4", "validation"),
        ("1.jpg", "train"), ("2.jpg", "train"), ("3.jpg", "train"),
    ]  # fmt: skip
    assert rows[0].prompt == 'of two\nlines, "quoted"'
    twice = {"config": {"validation_clips": 1}, "dataset_id": clips.id}
    refused = clips.backend.http.post("/api/runs", json=twice)
    assert (refused.status_code, refused.json()["field"]) == (422, "validation_clips")
    clips.call("POST", "/quarantine", filter={}, on=True)
    refused = clips.backend.http.post("/api/runs", json={"config": {}, "dataset_id": clips.id})
    assert (refused.status_code, refused.json()["code"]) == (422, "dataset_unused")
    assert len(list(clips.backend.settings.logs_dir.glob("r*"))) == 1


def test_a_runs_table_reaches_files_beside_the_folder(backend: Backend, tmp_path: Path) -> None:
    clips = Set(backend, tmp_path / "clips", [("a.mp4", "a fox"), ("../more/b.mp4", "a hen")])
    run = backend.http.post("/api/runs", json={"config": {"name": "r"}, "dataset_id": clips.id}).json()
    rows, rejected = read_rows(RunConfig.model_validate(run["config"]))
    assert (rejected, [row.path for row in rows]) == ([], [clips.base / "a.mp4", tmp_path / "more/b.mp4"])


def test_faults_and_the_summary(backend: Backend, tmp_path: Path) -> None:
    clips = Set(backend, tmp_path / "clips", [("a.mp4", "a fox"), ("b.jpg", "a hen"), ("c.mp4", "a cow")])
    shutil.copy(clips.base / "metadata.csv", tmp_path)
    (clips.base / "c.mp4").unlink()
    assert clips.call("POST", "/import", 202)["faults"] == 1
    faults = clips.call("GET", "/faults?code=file_missing")
    assert (faults["total"], faults["faults"][0]["line"]) == (1, 4)
    assert clips.call("GET", "/faults?code=other") == {"total": 0, "faults": []}
    clips.scanned(media(clips.base / "a.mp4"), words("a fox", tokens=7))
    clips.call("POST", "/quarantine", items=[2], reason="bad", on=True)
    found = clips.call("GET", "/summary")
    assert (found["rows"], found["videos"], found["images"], found["used"]) == (2, 1, 1, 1)
    assert (found["scanned"], found["tokenized"], found["duration_s"]) == (1, 1, 4.0)
    assert found["reasons"] == [{"code": "bad", "count": 1}]
    assert found["faults"] == [{"code": "file_missing", "count": 1}]
    assert found["sizes"] == [{"width": 1280, "height": 720, "count": 1}]
    known = {histogram["key"]: histogram["known"] for histogram in found["histograms"]}
    assert known == {
        "size": 1, "aspect": 1, "frames": 1, "fps": 1, "duration": 1, "caption_length": 2, "caption_tokens": 1,
    }  # fmt: skip
    assert (tmp_path / "metadata.csv").read_bytes() == (clips.base / "metadata.csv").read_bytes(), "as it was"


def test_a_folder_with_captions_beside_the_clips(backend: Backend, tmp_path: Path) -> None:
    base = tmp_path / "clips"
    base.mkdir()
    (base / "a.mp4").write_bytes(b"clip")
    (base / "a.txt").write_text("a fox\n")
    answer = backend.http.post("/api/datasets", json={"name": "folder", "base_path": str(base)})
    assert answer.status_code == 201, answer.text
    assert answer.json()["metadata_path"] == str(base)
    assert backend.get(f"/api/datasets/{answer.json()['id']}/items")["items"][0]["caption"] == "a fox"


def test_a_broken_manifest_is_named_and_put_aside_by_an_import(clips: Set) -> None:
    path = clips.backend.deck.sets.path(clips.id)
    path.write_bytes(b"no database" * 1000)
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    found = clips.call("GET", "")
    assert (found["state"], found["problem"]["code"]) == ("failed", "manifest_broken")
    assert clips.call("GET", "/items", 409)["code"] == "manifest_broken"
    assert clips.call("POST", "/import", 202)["state"] == "ready"
    assert len(clips.files()) == 8
    assert len(list(path.parent.glob("*.broken-*"))) == 1


def test_what_is_deleted_leaves_its_sources_alone(clips: Set) -> None:
    clips.scanned()
    before = sorted((path, path.stat().st_mtime_ns) for path in clips.base.rglob("*"))
    clips.call("DELETE", "", 204)
    assert clips.call("GET", "", 404)["code"] == "dataset_not_found"
    assert list(clips.backend.deck.sets.path(clips.id).parent.iterdir()) == []
    assert not os.listdir(clips.backend.settings.logs_dir / ".tasks")
    assert sorted((path, path.stat().st_mtime_ns) for path in clips.base.rglob("*")) == before


def test_a_large_import_is_answered_before_it_is_done(
    backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.backend.datasets.WAIT_S", 0.01)
    rows = [(f"{number}.mp4", "x") for number in range(20_000)]
    clips = Set(backend, tmp_path / "clips", rows)
    assert clips.call("POST", "/import", 409)["code"] == "dataset_importing"
    assert clips.call("GET", "/items", 409)["code"] == "dataset_importing"
    assert clips.call("GET", "")["importing"]["done"] < 20_000
    until(lambda: clips.call("GET", "")["state"] == "ready", "the import", 60)
    assert clips.call("GET", "")["rows"] == 20_000
    clips.call("POST", "/import", 202)
    clips.call("DELETE", "", 204)


def test_no_file_is_left_open(clips: Set) -> None:
    def ask() -> int:
        for path in ("", "/items", "/summary", "/rules", "/faults", "/export?format=manifest"):
            clips.backend.http.get(f"/api/datasets/{clips.id}{path}")
        return open_files()

    before = ask()
    assert all(ask() <= before for _ in range(5))
