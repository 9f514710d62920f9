import json
from concurrent.futures import Future
from pathlib import Path

import pytest
from PIL import Image

from tests.harness.runs import write_clip
from trainer.data.media_headers import MediaHeader, MediaHeaders, header_of
from trainer.data.metadata import Row
from trainer.data.unusable import Unusable, refused
from trainer.media.damage import Damage


def read(row: Row) -> "Future[MediaHeader | Unusable]":
    found: Future[MediaHeader | Unusable] = Future()
    try:
        found.set_result(header_of(row.path, row.is_image))
    except Damage as damage:
        found.set_result(refused(damage))
    return found


def headers(path: Path, attempt: str = "run/1") -> MediaHeaders:
    return MediaHeaders(path, attempt)


def size(headers: MediaHeaders, key: str) -> tuple[int, ...]:
    found = headers[key]
    assert isinstance(found, MediaHeader)
    return found.size


def row(path: Path) -> Row:
    return Row(2, path.name, path, "x")


@pytest.fixture
def files(tmp_path: Path) -> list[tuple[str, Row]]:
    write_clip(tmp_path / "a.mp4", frames=9, height=64, width=96)
    write_clip(tmp_path / "a.webm.mkv", frames=7, height=96, width=64)
    Image.new("RGB", (50, 40)).save(tmp_path / "b.png")
    (tmp_path / "c.mp4").write_bytes(b"no")
    return [(name, row(tmp_path / name)) for name in ("a.mp4", "a.webm.mkv", "b.png", "c.mp4")]


def test_what_was_found_is_found_again_without_the_files(files: list[tuple[str, Row]], tmp_path: Path) -> None:
    first = headers(tmp_path / "cache" / "media.jsonl")
    assert not first.has("a.mp4")
    assert list(first.probe(files, read)) == [4]
    for _, each in files:
        each.path.unlink()
    again = headers(tmp_path / "cache" / "media.jsonl")
    for known in (first, again):
        assert size(known, "a.mp4") == (64, 96, 9)
        assert size(known, "a.webm.mkv") == (96, 64, 7), "whose container does not say how many frames it has"
        assert size(known, "b.png") == (40, 50, 1)
        unusable = known["c.mp4"]
        assert isinstance(unusable, Unusable)
        assert unusable.code == "clip_unreadable"
    assert not again.has("d.mp4")


def test_what_another_rank_writes_is_seen(files: list[tuple[str, Row]], tmp_path: Path) -> None:
    ours, theirs = headers(tmp_path / "media.jsonl"), headers(tmp_path / "media.jsonl")
    list(ours.probe(files[:1], read))
    assert theirs.has("a.mp4")
    list(theirs.probe(files[1:2], read))
    assert ours.has("a.webm.mkv")


def test_a_torn_line_costs_itself_alone(files: list[tuple[str, Row]], tmp_path: Path) -> None:
    path = tmp_path / "media.jsonl"
    path.write_text(json.dumps(["x", {"content": "", "height": 1, "width": 2, "frames": 3}]) + '\n["y", {"content"')
    known = headers(path)
    assert size(known, "x") == (1, 2, 3)
    list(known.probe(files[:1], read))
    again = headers(path)
    assert [again.has(key) for key in ("x", "y", "a.mp4")] == [True, False, True]


def test_what_is_so_for_the_moment_is_told_to_the_ranks_of_this_attempt_alone(tmp_path: Path) -> None:
    path, gone = tmp_path / "media.jsonl", row(tmp_path / "gone.mp4")
    ours, theirs = headers(path), headers(path)
    list(ours.probe([("gone", gone)], read))
    for known in (ours, theirs):
        assert known.has("gone")
        unusable = known["gone"]
        assert isinstance(unusable, Unusable)
        assert unusable.is_passing
    assert not headers(path, "run/2").has("gone")
