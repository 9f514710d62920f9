"""Data sets with which something goes wrong meanwhile: their manifest, their folder, their table, their scan."""

import csv
import io
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unicodedata import normalize

import httpx
import pytest

from services.backend.datasets.importing import importer
from services.backend.datasets.importing.entries import Unreadable
from services.backend.datasets.manifest.manifest import opened, remove
from tests.harness.backend import Backend
from tests.harness.dataset_over_rest import Set
from tests.harness.dataset_sources import imported, media, words
from tests.harness.waiting import DEADLINE_S, until
from trainer.contract.config import RunConfig
from trainer.contract.tasks import End, Facts
from trainer.data.metadata import read_rows


def no_database(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


def nothing(path: Path) -> None:
    path.touch()


def another_database(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE run (id TEXT)")
    other.close()


@pytest.mark.parametrize("write", [no_database, nothing, another_database])
def test_a_broken_manifest_is_named_and_put_aside_by_an_import(clips: Set, write: Callable[[Path], None]) -> None:
    path = clips.backend.runtime.datasets.path(clips.id)
    remove(path)
    write(path)
    found = clips.call("GET", "")
    assert (found["state"], found["problem"]["code"]) == ("failed", "manifest_broken")
    assert clips.call("GET", "/items", 409)["code"] == "manifest_broken"
    assert clips.call("POST", "/import", 202)["state"] == "ready"
    assert len(clips.files()) == 8
    assert len(list(path.parent.glob("*.broken-*"))) == 1


def test_a_manifest_that_is_gone_is_named_and_made_by_an_import(clips: Set) -> None:
    remove(clips.backend.runtime.datasets.path(clips.id))
    found = clips.call("GET", "")
    assert (found["state"], found["problem"]["code"]) == ("failed", "manifest_missing")
    for method, path in (("GET", "/items"), ("GET", "/export"), ("POST", "/scan"), ("POST", "/undo")):
        assert clips.call(method, path, 409)["code"] == "manifest_missing"
    assert clips.call("POST", "/import", 202)["state"] == "ready"
    assert len(clips.files()) == 8


def test_a_folder_that_is_gone_takes_no_decision_with_it(clips: Set) -> None:
    clips.call("POST", "/quarantine", items=[1], on=True)
    before = clips.export("manifest")
    away = shutil.move(clips.base, clips.base.with_name("away"))
    assert clips.call("POST", "/import", 422)["code"] == "dataset_missing"
    assert clips.call("GET", "/items/1/file", 404)["code"] == "file_not_found"
    clips.call("POST", "/captions/trigger", word="sks")
    clips.call("POST", "/undo")
    assert (clips.call("GET", "")["state"], clips.export("manifest")) == ("ready", before)
    shutil.move(away, clips.base)
    assert clips.call("POST", "/import", 202)["state"] == "ready"
    assert clips.export("manifest") == before


def test_what_was_not_there_for_a_scan_is_left_to_the_next(clips: Set) -> None:
    """A disk that comes back is looked at again."""
    names = clips.files()
    captions = [words(f"this is {name}") for name in names]
    gone = clips.scanned(*captions, *(media(clips.base / name, damage="vanished", frames_seen=0) for name in names))
    assert gone["unscanned"] == len(clips.files(rule="unreadable")) == 8
    there = clips.scanned(*(media(clips.base / name) for name in names))
    assert there["unscanned"] == len(clips.files(rule="unreadable")) == 0


def test_of_imports_at_once_one_is_done(backend: Backend, tmp_path: Path) -> None:
    clips = Set(backend, tmp_path / "clips", [(f"{number}.mp4", "x") for number in range(3000)])
    until(lambda: clips.call("GET", "")["state"] == "ready", "the import")
    body = {"name": "set", "base_path": str(clips.base)}

    def ask(number: int) -> httpx.Response:
        path = "/api/datasets" if number % 2 else f"/api/datasets/{clips.id}/import"
        return httpx.post(backend.url + path, json=body if number % 2 else None, timeout=DEADLINE_S)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(8)))
    refused = [answer for answer in answers if not answer.is_success]
    assert len(refused) < 8
    assert {answer.json()["code"] for answer in refused} <= {"dataset_importing"}
    until(lambda: clips.call("GET", "")["state"] == "ready", "the import")
    assert (clips.call("GET", "")["rows"], len(backend.get("/api/datasets"))) == (3000, 1)


@pytest.mark.parametrize("change", ["written on", "replaced"])
def test_a_table_that_changes_while_it_is_read_is_not_taken(tmp_path: Path, change: str) -> None:
    base, rows = tmp_path / "set", [(f"{number}.mp4", "x") for number in range(5000)]
    path = imported(base, rows)
    table = base / "metadata.csv"

    def write(done: int) -> None:
        if done < 5000:
            return
        if change == "replaced":
            os.replace(shutil.copy2(table, base / "new.csv"), table)
        else:
            with open(table, "a") as file:
                file.write("0.mp4,more\n")

    with pytest.raises(Unreadable, match="was changed while it was read") as caught:
        importer.import_source(path, table, base, [base], write)
    assert caught.value.code == "metadata_changed"
    assert importer.import_source(path, table, base, [base]) == 5000 + (change == "written on")


@pytest.mark.parametrize("end", ["succeeded", "stopped", "failed"])
def test_a_scan_goes_on_until_what_it_found_is_taken_in(clips: Set, end: str) -> None:
    """So the counts beside its end are those of its end, and who stops it too late is told nothing wrong."""
    task = clips.backend.runtime.tasks.folder(clips.call("POST", "/scan", 202)["scan"]["task_id"])
    with (
        opened(clips.backend.runtime.datasets.path(clips.id)) as manifest,
        manifest.write(),
    ):  # nobody else writes meanwhile
        writer = Facts(task)
        for number in range(4):
            writer.write(media(clips.base / f"{number}.jpg"), words(f"this is {number}.jpg"))
        writer.write(End(ts=0, reason=end))  # type: ignore[arg-type]
        writer.close()
        found = clips.call("POST", "/scan/stop", 202)
        assert (found["scan"]["state"], found["unscanned"]) == ("running", 8)
    over = until(lambda: (read := clips.call("GET", ""))["scan"]["state"] == end and read, "its end") or {}
    assert over["unscanned"] == 4
    assert clips.call("POST", "/scan/stop", 409)["code"] == "no_scan"


def test_a_scan_of_what_is_deleted_meanwhile_leaves_nothing(clips: Set) -> None:
    task = clips.backend.runtime.tasks.folder(clips.call("POST", "/scan", 202)["scan"]["task_id"])
    writer = Facts(task)
    writer.write(media(clips.base / "0.jpg"))
    clips.call("DELETE", "", 204)
    writer.write(media(clips.base / "1.jpg"), End(ts=0, reason="succeeded"))
    writer.close()
    other = Set(clips.backend, clips.base.with_name("other"), [("a.mp4", "a fox")])
    assert other.id == clips.id, "the id of what was deleted"
    assert other.scanned(media(other.base / "a.mp4"), words("a fox"))["unscanned"] == 0
    assert not task.path.exists()
    assert [path.name for path in clips.backend.runtime.datasets.path(other.id).parent.glob("*.db")] == [
        f"{other.id}.db"
    ]


ODD = (
    "a b.mp4", "ü.mp4", "日本.mp4", "q'uote.mp4", 'q"uote.mp4', "-dash.mp4", "#hash.mp4", "%41.mp4", "a?b.mp4",
    "tab\tx.mp4", "new\nline.mp4", f"{'x' * 250}.mp4", "\N{GRINNING FACE}.mp4", "=1+1.mp4", "a;b.mp4", "..dots.mp4",
    "CAPS.MP4", f"{'deep/' * 20}x.mp4", "back\\slash.mp4",
)  # fmt: skip


def test_odd_names_go_through_all_of_it(backend: Backend, tmp_path: Path) -> None:
    clips = Set(backend, tmp_path / "clips", [(name, f"number {number}") for number, name in enumerate(ODD)])
    assert clips.files() == list(ODD)
    for item in clips.items():
        assert backend.http.get(item["media"]).content == item["file"].encode()
    clips.call("POST", "/quarantine", filter={}, on=True)
    listed = clips.export("quarantine")
    clips.call("POST", "/undo")
    assert clips.call("POST", "/quarantine/import", csv=listed)["changed"] == len(ODD)
    clips.call("POST", "/undo")
    run = backend.http.post("/api/runs", json={"config": {"name": "r"}, "dataset_id": clips.id}).json()
    rows, rejected = read_rows(RunConfig.model_validate(run["config"]))
    assert (rejected, [str(row.path.relative_to(clips.base)) for row in rows]) == ([], list(ODD))


def test_a_file_that_is_gone_before_the_run_is_left_out_of_it(clips: Set) -> None:
    clips.scanned(*(media(clips.base / name) for name in clips.files()))
    (clips.base / "birds/1.mp4").unlink()
    run = clips.backend.http.post("/api/runs", json={"config": {"name": "r"}, "dataset_id": clips.id}).json()
    rows, rejected = read_rows(RunConfig.model_validate(run["config"]))
    assert len(rows) == 7
    assert ["birds/1.mp4" in row.message for row in rejected] == [True]


CAPTIONS = (
    *("first\rsecond", "one\r\ntwo\n\nthree", "a;b\tc", "=1+1", "x\N{LINE SEPARATOR}y"),
    *('"quoted", and not', 'ends in "', '""', ",", "'"),
)


def test_any_caption_goes_through_all_of_it(backend: Backend, tmp_path: Path) -> None:
    """What is exported, and what a run is given, is what was imported."""
    base = tmp_path / "clips"
    base.mkdir()
    for number in range(len(CAPTIONS)):
        (base / f"{number}.mp4").write_bytes(b"film %d" % number)
    lines = [json.dumps({"video": f"{number}.mp4", "prompt": caption}) for number, caption in enumerate(CAPTIONS)]
    (base / "metadata.jsonl").write_text("\n".join(lines))
    clips = Set(backend, base, None)
    exported = list(csv.DictReader(io.StringIO(clips.export(), newline=""), strict=True))
    assert [row["prompt"] for row in exported] == list(CAPTIONS)
    run = backend.http.post("/api/runs", json={"config": {"name": "r"}, "dataset_id": clips.id}).json()
    rows, rejected = read_rows(RunConfig.model_validate(run["config"]))
    assert (rejected, [row.prompt for row in rows]) == ([], list(CAPTIONS))


def test_names_are_found_as_a_run_finds_them(backend: Backend, tmp_path: Path) -> None:
    base, korean = tmp_path / "clips", "강아지.mp4"
    (base / "deep").mkdir(parents=True)
    there = (" lead.mp4", normalize("NFD", korean), "deep/a.mp4", "plain.mp4", "s\u0323\u0307.mp4", "s\u0307\u0323.mp4")
    for name in there:
        (base / name).write_bytes(name.encode())
    listed = (" lead.mp4", korean, "deep\\a.mp4", " plain.mp4 ", "\u1e69.mp4", "gone.mp4")
    (base / "metadata.csv").write_text("video;prompt\n" + "".join(f"{name};x\n" for name in listed))
    clips = Set(backend, base, None)
    assert clips.files() == list(there[:4])
    faults = clips.call("GET", "/faults")["faults"]
    assert [(fault["line"], fault["code"]) for fault in faults] == [(6, "name_ambiguous"), (7, "file_missing")]
    rows, rejected = read_rows(RunConfig.model_validate({"name": "r", "dataset_base_path": str(base)}))
    assert [row.video for row in rows] == list(there[:4])
    assert [(row.line, row.code) for row in rejected] == [(6, "name_ambiguous"), (7, "clip_missing")]


def test_what_concerns_the_source_as_a_whole_is_noted_until_the_next_import(backend: Backend, tmp_path: Path) -> None:
    base = tmp_path / "clips"
    base.mkdir()
    for name in ("a.mp4", "a.txt", "b.psd"):
        (base / name).write_bytes(b"film")
    clips = Set(backend, base, None)
    assert clips.call("GET", "")["notes"] == [
        {"code": "passed_over", "message": "1 file was passed over: 1 .psd.", "hint": ""}
    ]
    (base / "b.psd").unlink()
    assert clips.call("POST", "/import", 202)["notes"] == []
