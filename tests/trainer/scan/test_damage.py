"""Real clips, cut, overwritten, renamed and encoded in other ways: each damage has its word, and the rest has none."""

import errno
import io
import os
from pathlib import Path

import pytest
from PIL import Image

from tests.harness import media_files
from tests.harness.scans import Fact, make_scan, media, scan
from trainer.contract.scan import DAMAGES, THUMBNAILS
from trainer.contract.tasks import TaskDir
from trainer.media.damage import from_os_error, killed_decoder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def whole(folder: Path, clips: list[Path]) -> dict[str, dict[str, object]]:
    (folder / "whole").mkdir()
    return media_files.undamaged(folder / "whole", clips[5])


@pytest.fixture(scope="module")
def words(folder: Path, clips: list[Path]) -> dict[str, str]:
    (folder / "broken").mkdir()
    return media_files.damaged(folder / "broken", clips[5])


@pytest.fixture(scope="module")
def task(folder: Path, clips: list[Path], whole: dict[str, object], words: dict[str, str]) -> TaskDir:
    """A scan of all of them."""
    files = [folder / "whole" / name for name in whole] + [folder / "broken" / name for name in words] + clips
    os.mkfifo(folder / "pipe.mp4")
    (folder / "gone.mp4").write_bytes(b"x")
    (folder / "changed.mp4").write_bytes(b"x")
    task = make_scan(folder / "task", [*files, *(folder / f"{name}.mp4" for name in ("pipe", "gone", "changed"))])
    (folder / "gone.mp4").unlink()
    (folder / "changed.mp4").write_bytes(b"xy")
    scan(task)
    return task


@pytest.fixture(scope="module")
def found(task: TaskDir) -> dict[str, Fact]:
    """By path below the folder."""
    return {os.path.relpath(path, task.path.parent): fact for path, fact in media(task).items()}


def test_each_damage_is_named(found: dict[str, Fact], words: dict[str, str]) -> None:
    assert {name: found[f"broken/{name}"].get("damage", "") for name in words} == words


def test_what_is_not_as_it_was_listed(found: dict[str, Fact]) -> None:
    words = {name: found[f"{name}.mp4"]["damage"] for name in ("pipe", "gone", "changed")}
    assert words == {"pipe": "not_a_file", "gone": "vanished", "changed": "changed"}


def test_what_is_whole_is_left_alone_and_described(found: dict[str, Fact], whole: dict[str, dict[str, object]]) -> None:
    assert {name: found[f"whole/{name}"].get("message", "") for name in whole} == dict.fromkeys(whole, "")
    for name, expected in whole.items():
        fact = {"rotation": 0} | found[f"whole/{name}"]
        assert {field: fact[field] for field in expected} == expected, name


def test_real_clips_have_no_damage_no_cut_no_bars(found: dict[str, Fact], clips: list[Path], task: TaskDir) -> None:
    for path in clips:
        fact = found[os.path.relpath(path, task.path.parent)]
        assert not fact.get("damage")
        assert fact["frames_seen"] == 8
        assert fact["cut"] < 0.3
        assert fact["bars"] == 0
        assert fact["motion"] > 2


def test_sentences_say_what_to_do(found: dict[str, Fact]) -> None:
    for name, fact in found.items():
        if fact.get("damage"):
            assert fact["damage"] in DAMAGES, name
            assert fact["message"].endswith("."), name
            assert fact["message"].count(". ") >= 1, name
            assert "/" not in fact["message"].replace("ISO/", ""), name


def test_thumbnails_are_upright_pictures(found: dict[str, Fact], task: TaskDir) -> None:
    data = (task.path / THUMBNAILS).read_bytes()
    for name, fact in found.items():
        if fact.get("damage"):
            continue
        offset, length = fact["thumbnail"]
        with Image.open(io.BytesIO(data[offset : offset + length])) as picture:
            assert picture.format == "WEBP"
            assert max(picture.size) <= 256
            assert (picture.width > picture.height) == (fact["width"] > fact["height"]), name


def test_the_same_clip_in_other_clothes_has_nearly_the_same_hash(found: dict[str, Fact]) -> None:
    def distance(name: str, other: str) -> int:
        return (int(found[f"whole/{name}"]["hash64"], 16) ^ int(found[f"whole/{other}"]["hash64"], 16)).bit_count()

    for name in ("no-b.mp4", "open-gop.mp4", "fragments.mp4", "a.mkv", "a.webm", "a.avi", "a.ts", "a.mov", "hevc.mp4"):
        assert distance("plain.mp4", name) <= 4, name
    assert distance("plain.mp4", "turned-90.mp4") > 12
    assert found["whole/plain.mp4"]["fingerprint"] == found["whole/100%.mp4"]["fingerprint"]
    assert found["whole/plain.mp4"]["fingerprint"] != found["whole/no-b.mp4"]["fingerprint"]


def test_what_the_system_says() -> None:
    assert from_os_error(OSError(errno.EACCES, "Permission denied")).said.code == "no_permission"
    assert from_os_error(OSError(errno.EIO, "Input/output error")).said.code == "disk_error"
    assert "signal 11" in str(killed_decoder(-11))
    assert "memory" in str(killed_decoder(-9))
