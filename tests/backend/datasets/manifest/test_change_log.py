from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from services.backend.datasets.decisions import actions
from services.backend.datasets.importing import importer, scan_results
from services.backend.datasets.manifest import change_log
from services.backend.datasets.manifest.manifest import Manifest, opened
from tests.harness.dataset_sources import imported, media


@pytest.fixture
def manifest(tmp_path: Path) -> Iterator[Manifest]:
    with opened(imported(tmp_path / "set", [(f"{number}.mp4", f"caption {number}") for number in range(6)])) as found:
        yield found


def edit(manifest: Manifest, item: int, caption: str) -> None:
    with manifest.write() as sql:
        actions.act(sql, "Edit", "caption", [(item, caption)])


def test_what_was_touched_since_is_told_to_any_reader(manifest: Manifest, tmp_path: Path) -> None:
    before = change_log.changes(manifest.sql)
    edit(manifest, 2, "a hen")
    middle = change_log.changes(manifest.sql)
    edit(manifest, 2, "a cow")
    edit(manifest, 4, "")
    with manifest.write() as sql:
        scan_results.store_facts(sql, "scan-1", [media(tmp_path / "set" / "0.mp4", frames=99)])
    with opened(manifest.path) as other:
        assert change_log.since(other.sql, before) == {"marks": [4], "captions": [2, 4], "media": [1]}
        assert change_log.since(other.sql, middle) == {"marks": [4], "captions": [2, 4], "media": [1]}
        now = change_log.changes(other.sql)
        assert change_log.since(other.sql, now) == {"marks": [], "captions": [], "media": []}
        assert change_log.since(other.sql, now + 1) is None, "of a copy from before"


def test_many_rows_are_noted_as_all(manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_log, "MAX_ROWS", 3)
    before = change_log.changes(manifest.sql)
    edit(manifest, 2, "a hen")
    with manifest.write() as sql:
        actions.act(sql, "Quarantine", "reason", [(item, "bad") for item in range(1, 5)])
    assert change_log.since(manifest.sql, before) == {"marks": None, "captions": [2], "media": []}


def test_notes_do_not_pile_up(manifest: Manifest) -> None:
    first = change_log.changes(manifest.sql)
    for number in range(change_log.KEPT_CHANGES + 3):
        edit(manifest, 1, f"text {number}")
    now = change_log.changes(manifest.sql)
    (notes,) = manifest.sql.execute("SELECT COUNT(*) FROM meta WHERE name LIKE 'note:%'").fetchone()
    assert notes == change_log.KEPT_CHANGES
    assert change_log.since(manifest.sql, now - change_log.KEPT_CHANGES) == {"marks": [], "captions": [1], "media": []}
    assert change_log.since(manifest.sql, first) is None


def test_an_import_and_a_loradeck_without_notes_leave_a_gap(manifest: Manifest, tmp_path: Path) -> None:
    before = change_log.changes(manifest.sql)
    importer.import_source(manifest.path, tmp_path / "set" / "metadata.csv", tmp_path / "set", [tmp_path / "set"])
    edit(manifest, 1, "a hen")
    assert change_log.since(manifest.sql, before) is None
    before = change_log.changes(manifest.sql)
    manifest.sql.execute("UPDATE item SET caption = 'a cow' WHERE id = 1")
    manifest.sql.execute("UPDATE meta SET value = value + 1 WHERE name = 'changes'")
    edit(manifest, 2, "a hen")
    assert change_log.since(manifest.sql, before) is None


def test_what_is_taken_back_is_not_noted(manifest: Manifest) -> None:
    before = change_log.changes(manifest.sql)
    with suppress(KeyError), manifest.write() as sql:
        actions.act(sql, "Edit", "caption", [(1, "a hen")])
        raise KeyError
    edit(manifest, 2, "a hen")
    assert change_log.since(manifest.sql, before) == {"marks": [], "captions": [2], "media": []}
