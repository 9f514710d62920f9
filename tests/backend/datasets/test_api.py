"""Data sets over REST: import, scan, what is shown of them, and their end."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.harness.backend import Backend, open_files, served
from tests.harness.dataset_over_rest import Set
from tests.harness.dataset_sources import media, words
from tests.harness.runs import write_clip
from tests.harness.waiting import DEADLINE_S, until
from trainer.contract.scan import ITEMS, THUMBNAILS
from trainer.contract.tasks import End, Facts, Progress
from trainer.scan.captions import TINY_WAN


def test_what_a_scan_finds_shows_while_it_goes_on(clips: Set) -> None:
    asked = clips.call("POST", "/scan", 202)
    assert (asked["scan"]["state"], asked["unscanned"]) == ("queued", 8)
    assert clips.call("POST", "/scan", 409)["code"] == "scan_running"
    task = clips.backend.runtime.tasks.folder(asked["scan"]["task_id"])
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
    assert clips.call("GET", "")["tokenizer"] is None
    task = backend.runtime.tasks.folder(clips.call("POST", "/scan", 202, model="tiny-wan")["scan"]["task_id"])
    subprocess.run([sys.executable, "-m", "trainer.tasks.runner", str(task.path)], check=True, timeout=DEADLINE_S)
    until(lambda: clips.call("GET", "")["scan"]["state"] == "succeeded", "the end")
    assert clips.call("GET", "")["unscanned"] == 0
    tokenizer = {"model": "tiny-wan", "folder": str(TINY_WAN), "is_own": True, "message": ""}
    assert clips.call("GET", "")["tokenizer"] == tokenizer
    assert clips.files(rule="unreadable") == ["cut.mp4"]
    assert clips.files(rule="duplicate") == ["b.mp4"]
    assert clips.files(rule="caption_mixed") == ["cut.mp4"]
    found = clips.call("GET", "/items/1")
    assert found["frames"] > 1
    assert found["tokens"] > 1
    assert backend.http.get(found["thumbnail"]).content[:4] == b"RIFF"


def test_whose_tokens_are_counted_is_remembered(clips: Set, tmp_path: Path) -> None:
    def asked(**body: object) -> tuple[str, str | None]:
        task = clips.backend.runtime.tasks.folder(clips.call("POST", "/scan", 202, **body)["scan"]["task_id"])
        clips.call("POST", "/scan/stop", 202)
        until(lambda: clips.call("GET", "")["scan"]["state"] == "stopped", "the stop")
        request = json.loads(task.request.read_bytes())
        return request["model"], request["tokenizer_path"]

    folder = str(clips.base)
    assert asked() == ("wan2.2-ti2v-5b", None)
    assert asked(model="wan2.1-t2v-1.3b", tokenizer_path=folder) == ("wan2.1-t2v-1.3b", folder)
    assert asked() == ("wan2.1-t2v-1.3b", folder)
    assert asked(model="tiny-wan") == ("tiny-wan", None)
    assert clips.call("POST", "/scan", 422, model="wan9")["field"] == "model"
    assert clips.call("POST", "/scan", 422, tokenizer_path=f"{folder}/nothing")["code"] == "model_missing"
    assert clips.call("POST", "/scan", 403, tokenizer_path="/etc")["code"] == "outside_data_roots"


def test_a_folder_without_a_tokenizer_is_not_gone_by_again(clips: Set) -> None:
    asked = clips.call("POST", "/scan", 202, tokenizer_path=str(clips.base))
    task = clips.backend.runtime.tasks.folder(asked["scan"]["task_id"])
    subprocess.run([sys.executable, "-m", "trainer.tasks.runner", str(task.path)], timeout=DEADLINE_S)
    until(lambda: clips.call("GET", "")["scan"]["code"] == "tokenizer_missing", "the end")
    assert clips.call("GET", "")["tokenizer"] is None
    clips.call("POST", "/scan", 202)
    assert json.loads(task.request.read_bytes())["tokenizer_path"] is None


def test_a_scan_is_read_on_after_a_restart(tmp_path: Path) -> None:
    with served(tmp_path) as backend:
        clips = Set(backend, tmp_path / "clips", [("a.mp4", "a fox")])
        task = backend.runtime.tasks.folder(clips.call("POST", "/scan", 202)["scan"]["task_id"])
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
        path = backend.runtime.datasets.path(clips.id)
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


def test_what_is_deleted_leaves_its_sources_alone(clips: Set) -> None:
    clips.scanned()
    before = sorted((path, path.stat().st_mtime_ns) for path in clips.base.rglob("*"))
    clips.call("DELETE", "", 204)
    assert clips.call("GET", "", 404)["code"] == "dataset_not_found"
    assert list(clips.backend.runtime.datasets.path(clips.id).parent.iterdir()) == []
    assert not os.listdir(clips.backend.settings.logs_dir / ".tasks")
    assert sorted((path, path.stat().st_mtime_ns) for path in clips.base.rglob("*")) == before


def test_a_large_import_is_answered_before_it_is_done(
    backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.backend.datasets.registry.WAIT_S", 0.01)
    rows = [(f"{number}.mp4", "x") for number in range(20_000)]
    clips = Set(backend, tmp_path / "clips", rows)
    assert clips.call("POST", "/import", 409)["code"] == "dataset_importing"
    assert clips.call("GET", "/items", 409)["code"] == "dataset_importing"
    assert clips.call("GET", "")["importing"]["done"] < 20_000
    until(lambda: clips.call("GET", "")["state"] == "ready", "the import")
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
