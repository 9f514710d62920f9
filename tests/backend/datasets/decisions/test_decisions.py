"""What people decide on a data set over REST: undo, captions, quarantine, splits, and what a run then gets."""

import csv
import random
from pathlib import Path
from typing import Any

import pytest

from tests.harness.backend import Backend
from tests.harness.dataset_over_rest import Set
from tests.harness.dataset_sources import media
from trainer.contract.config import RunConfig
from trainer.data.metadata import read_rows


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


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('2.jpg,"open', "opens a quote"),
        ('2.jpg,"x" y', "follows a closing quote"),
        ("2.jpg,blurred, dark", "3 cells"),
        ("2.jpg,a\0b", "zero byte"),
    ],
)
def test_a_line_of_a_quarantine_that_cannot_be_read_is_named_and_none_is_taken(
    clips: Set, line: str, reason: str
) -> None:
    refused = clips.call("POST", "/quarantine/import", 422, csv=f"file,reason\n1.jpg,x\n{line}\n3.jpg,x\n")
    assert (refused["code"], refused["field"]) == ("quarantine_unreadable", "csv")
    assert refused["message"].startswith("Line 3 of the list")
    assert reason in refused["message"]
    assert clips.call("GET", "")["quarantined"] == 0


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
