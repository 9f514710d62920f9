from pathlib import Path

import pytest

from services.backend.datasets.decisions.actions import act
from services.backend.datasets.importing import importer
from services.backend.datasets.importing.entries import Unreadable
from services.backend.datasets.manifest.manifest import opened
from tests.harness.dataset_sources import flagged, imported, media, take, words, write_source


def rows_of(path: Path) -> list[tuple[str, str, str | None, str | None]]:
    with opened(path) as manifest:
        found = manifest.sql.execute("SELECT file, caption, reason, split FROM item ORDER BY id")
        return [tuple(row) for row in found]


def test_what_was_decided_and_measured_stays_by_the_file(tmp_path: Path) -> None:
    base = tmp_path / "set"
    path = imported(base, [("a.mp4", "a fox"), ("b.mp4", "a hen"), ("b.mp4", "a hen, too"), ("c.mp4", "a cow")])
    take(path, media(base / "a.mp4", frames=3), media(base / "c.mp4"), words("a fox"))
    with opened(path) as manifest, manifest.write() as sql:
        act(sql, "edit", "caption", [(3, "another hen")])
        act(sql, "quarantine", "reason", [(1, "bad")])
        act(sql, "split", "split", [(item, "validation" if item == 4 else "train") for item in range(1, 5)])
    source = write_source(base, [("new.mp4", "x"), ("b.mp4", "a hen"), ("b.mp4", "changed"), ("a.mp4", "a fox")])
    assert importer.import_source(path, source, base, [base]) == 4
    assert rows_of(path) == [
        ("new.mp4", "x", None, "train"),
        ("b.mp4", "a hen", None, "train"),
        ("b.mp4", "another hen", None, "train"),
        ("a.mp4", "a fox", "bad", "train"),
    ]
    assert flagged(path, "too_few_frames") == {"a.mp4"}
    with opened(path) as manifest:
        assert manifest.sql.execute("SELECT COUNT(*) FROM action").fetchone()[0] == 0
        assert manifest.sql.execute("SELECT COUNT(*) FROM media").fetchone()[0] == 1, "of a.mp4"


def test_a_file_that_changed_is_to_be_measured_anew(tmp_path: Path) -> None:
    base = tmp_path / "set"
    path = imported(base, [("a.mp4", "a fox")])
    take(path, media(base / "a.mp4", frames=3))
    (base / "a.mp4").write_bytes(b"another clip")
    importer.import_source(path, base / "metadata.csv", base, [base])
    assert flagged(path, "too_few_frames") == set()


@pytest.mark.parametrize("again", [False, True])
def test_an_import_that_fails_leaves_what_was_there(tmp_path: Path, again: bool) -> None:
    base = tmp_path / "set"
    path = imported(base, [("a.mp4", "a fox")]) if again else tmp_path / "set.db"
    source = write_source(base, [("b.mp4", "x")] * 5000, "b.csv")

    def cancel(rows: int) -> None:
        raise importer.Cancelled

    with pytest.raises(importer.Cancelled):
        importer.import_source(path, source, base, [base], cancel)
    (base / "c.csv").write_text("file_path,caption\n")
    with pytest.raises(Unreadable) as caught:
        importer.import_source(path, base / "c.csv", base, [base])
    assert caught.value.code == "metadata_empty"
    assert {found.name for found in tmp_path.iterdir()} == ({"set", "set.db"} if again else {"set"})
    if again:
        assert [row[0] for row in rows_of(path)] == ["a.mp4"]
