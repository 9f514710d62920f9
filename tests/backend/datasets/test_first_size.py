"""A generated CSV of 170,180 rows with known faults: every fault is found, nothing else is touched, and undo restores
the bytes of the exports. One import and one scan serve all tests."""

import json
import os
from typing import Any

import httpx
import pytest

from services.backend.datasets.quality.rulebook import ORDER
from tests.harness import dataset_of_first_size
from tests.harness.backend import Backend
from tests.harness.dataset_of_first_size import ROWS, Table
from tests.harness.dataset_over_rest import Set
from tests.harness.waiting import until

FORMS = ("metadata", "manifest", "quarantine")


@pytest.fixture(scope="module")
def table(shared: Backend) -> Table:
    return dataset_of_first_size.write(shared.settings.data_roots[0] / "data")


@pytest.fixture(scope="module")
def source(table: Table) -> bytes:
    """As it was before anything was done with it."""
    return table.source.read_bytes()


@pytest.fixture(scope="module")
def clips(shared: Backend, table: Table, source: bytes) -> Set:
    """Imported, held out by folder, and scanned, in this order: so the split is one that content crosses."""
    shared.http.timeout = httpx.Timeout(120)
    clips = Set(shared, table.base, None)
    until(lambda: clips.call("GET", "")["state"] == "ready", "the import")
    clips.call("POST", "/split", by="group", prefixes=["held/"])
    clips.scanned_by(table.facts)
    return clips


def exports(clips: Set) -> dict[str, str]:
    return {form: clips.export(form) for form in FORMS}


@pytest.fixture(scope="module")
def before(clips: Set) -> dict[str, str]:
    """The exports when nothing has been decided yet but the split."""
    return exports(clips)


@pytest.fixture(scope="module")
def rows(before: dict[str, str]) -> dict[int, dict[str, Any]]:
    """All rows of the exported manifest, by their lines."""
    return {row["line"]: row for row in map(json.loads, before["manifest"].splitlines())}


def test_every_fault_is_found_and_every_other_row_is_taken_as_it_is(
    clips: Set, table: Table, rows: dict[int, dict[str, Any]]
) -> None:
    url = f"/api/datasets/{clips.id}/faults"
    found = [
        fault for offset in (0, 1000, 2000) for fault in clips.backend.get(url, offset=offset, limit=1000)["faults"]
    ]
    assert [(fault["line"], fault["code"]) for fault in found] == sorted(table.faults.items())
    assert len(rows) == ROWS - len(found)
    assert {line: (row["file"], row["source_caption"]) for line, row in rows.items()} == table.listed
    assert all(row["caption"] == row["source_caption"] and row["reason"] is None for row in rows.values())


@pytest.mark.parametrize("rule", ORDER)
def test_a_rule_flags_the_known_rows_and_no_others(table: Table, rows: dict[int, dict[str, Any]], rule: str) -> None:
    assert {line for line, row in rows.items() if rule in row["flags"]} == table.flagged[rule]


@pytest.mark.drill
def test_undo_restores_the_bytes_of_the_exports(clips: Set, before: dict[str, str]) -> None:
    for path, body in (
        ("/quarantine", {"filter": {"rule": "blurred"}, "on": True, "reason": "Blurred"}),
        ("/captions/replace", {"find": "clip", "replace": "film", "filter": {"split": "validation"}}),
        ("/captions/trigger", {"word": "sks", "filter": {"kind": "image"}}),
        ("/split", {"by": "seed", "seed": 1, "share": 0.02}),
    ):
        clips.call("POST", path, **body)
    after = exports(clips)
    assert all(after[form] != before[form] for form in FORMS)
    for _ in range(4):
        clips.call("POST", "/undo")
    assert exports(clips) == before
    for _ in range(4):
        clips.call("POST", "/redo")
    assert exports(clips) == after


def test_the_source_and_the_files_are_as_they_were(clips: Set, table: Table, source: bytes) -> None:
    """The last of these tests."""
    assert table.source.read_bytes() == source
    own = {file for file, _ in table.listed.values()}
    found = {os.path.join(folder, name) for folder, _, names in os.walk(table.base) for name in names}
    assert found == {f"{table.base}/{file}" for file in own | {"metadata.csv", "empty.mp4"}}
    for file in own:
        with open(f"{table.base}/{file}", "rb", buffering=0) as content:
            assert content.read() == os.path.dirname(file).encode()
