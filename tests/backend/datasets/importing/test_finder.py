import os
from pathlib import Path

import pytest

from services.backend.datasets.importing.entries import Entry, Fault
from services.backend.datasets.importing.finder import Clip, FileFinder


def written(path: Path, content: bytes = b"clip") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def base(tmp_path: Path) -> Path:
    base, elsewhere = tmp_path / "base", written(tmp_path / "elsewhere/x.mp4")
    written(base / "a.mp4")
    written(base / "deep/b.jpg")
    written(base / "empty.mp4", b"")
    (base / "folder.mp4").mkdir()
    os.symlink(elsewhere, base / "link.mp4")
    os.symlink(base / "a.mp4", base / "inner.mp4")
    os.symlink(elsewhere.parent, base / "linked")
    return base


@pytest.mark.parametrize("name", ["a.mp4", "./deep/../a.mp4", "deep/b.jpg", "inner.mp4", "{base}/deep/b.jpg"])
def test_what_is_there_is_found(base: Path, name: str) -> None:
    found = FileFinder(base, [base]).find(Entry(2, name.format(base=base), "a fox", False))
    assert isinstance(found, Clip)
    assert found.path == os.path.normpath(base / name.format(base=base))
    assert (found.line, found.caption, found.bytes) == (2, "a fox", 4)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("gone.mp4", "file_missing"),
        ("../elsewhere/x.mp4", "path_outside"),
        ("{base}/../elsewhere/x.mp4", "path_outside"),
        ("link.mp4", "path_outside"),
        ("linked/x.mp4", "path_outside"),
        ("empty.mp4", "file_empty"),
        ("folder.mp4", "not_a_file"),
        (f"{'n' * 5000}.mp4", "file_missing"),
    ],
)
def test_what_is_not_fit_is_named(base: Path, name: str, code: str) -> None:
    found = FileFinder(base, [base]).find(Entry(7, name.format(base=base), "a fox", False))
    assert isinstance(found, Fault)
    assert (found.line, found.code) == (7, code)
    assert found.message.startswith("Line 7: ")


def test_another_root_may_be_reached(base: Path, tmp_path: Path) -> None:
    found = FileFinder(base, [base, tmp_path / "elsewhere"]).find(Entry(2, "link.mp4", "a fox", False))
    assert isinstance(found, Clip)
