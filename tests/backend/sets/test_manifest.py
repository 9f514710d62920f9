import os
from pathlib import Path

import pytest

from services.backend.sets import manifest
from services.backend.sets.formats import Unreadable
from services.backend.sets.manifest import Manifest


def clip(path: Path, content: bytes = b"clip") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_an_import_knows_each_file_and_each_fault(tmp_path: Path) -> None:
    base, elsewhere = tmp_path / "base", clip(tmp_path / "elsewhere/x.mp4")
    for name in ("a.mp4", "deep/b.jpg"):
        clip(base / name)
    clip(base / "empty.mp4", b"")
    (base / "folder.mp4").mkdir()
    os.symlink(elsewhere, base / "link.mp4")
    os.symlink(base / "a.mp4", base / "inner.mp4")
    os.symlink(elsewhere.parent, base / "linked")
    rows = [
        "a.mp4,a fox",
        f"{base}/deep/../deep/b.jpg,a hen",
        "inner.mp4,a fox",
        "gone.mp4,x",
        "../elsewhere/x.mp4,x",
        f"{elsewhere},x",
        "link.mp4,x",
        "linked/x.mp4,x",
        "empty.mp4,x",
        "folder.mp4,x",
        f"{'n' * 5000}.mp4,x",
        ",x",
    ]
    table = tmp_path / "a.csv"
    table.write_text("file_path,caption\n" + "\n".join(rows) + "\n")
    before = table.read_bytes()
    seen: list[int] = []
    found = manifest.make(tmp_path / "a.db", table, base, [base], seen.append)
    assert (found.items, found.images) == (3, 1)
    assert found.faults == {
        "path_outside": 4,
        "file_missing": 2,
        "file_empty": 1,
        "file_empty_on_disk": 1,
        "not_a_file": 1,
    }
    assert seen == [12]
    assert table.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"base", "elsewhere", "a.csv", "a.db"}
    opened = Manifest(tmp_path / "a.db")
    assert opened.counts() == found
    assert [fault.line for fault in opened.faults(100)] == [5, 6, 7, 8, 9, 10, 11, 12, 13]
    opened.close()


def test_an_import_that_fails_leaves_the_manifest_that_was_there(tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4")
    (tmp_path / "a.csv").write_text("video,prompt\na.mp4,a fox\n")
    (tmp_path / "b.csv").write_text("nothing\n")
    manifest.make(tmp_path / "a.db", tmp_path / "a.csv", tmp_path, [tmp_path])
    with pytest.raises(Unreadable):
        manifest.make(tmp_path / "a.db", tmp_path / "b.csv", tmp_path, [tmp_path])
    opened = Manifest(tmp_path / "a.db")
    assert opened.counts().items == 1
    opened.close()
