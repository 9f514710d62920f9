"""Folders of clips: what is listed, which captions it has, and what is told of the rest."""

import os
import unicodedata
from pathlib import Path

import pytest

from services.backend.datasets.importing.entries import Entry, Fault
from services.backend.datasets.importing.formats import read
from tests.backend.datasets.importing.test_finder import written
from tests.harness.rights import as_anybody
from trainer.contract.media import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from trainer.contract.messages import Message

VIDEOS = {suffix[1:] for suffix in VIDEO_SUFFIXES}
IMAGES = {suffix[1:] for suffix in IMAGE_SUFFIXES}


def listed(source: Path) -> tuple[list[Entry | Fault], list[str]]:
    """The rows, and the notes in words."""
    notes: list[Message] = []
    rows = list(read(source, notes.append))
    return rows, [str(note) for note in notes]


def captions(source: Path) -> dict[str, str]:
    rows, _ = listed(source)
    return {row.file: row.caption for row in rows if isinstance(row, Entry)}


def test_every_suffix_of_a_clip_is_listed(tmp_path: Path) -> None:
    assert {"3gp", "mts", "m2ts", "ts", "ogv", "flv", "mxf", "vob", "mpg", "wmv", "webm", "mkv", "gif"} <= VIDEOS
    assert {"jfif", "jxl", "jp2", "heic", "avif", "tif"} <= IMAGES
    for suffix in VIDEOS | IMAGES:
        written(tmp_path / f"{suffix}.{suffix}")
        written(tmp_path / f"{suffix}-large.{suffix.upper()}")
    rows, notes = listed(tmp_path)
    assert {row.file.split(".")[0]: row.is_image for row in rows if isinstance(row, Entry)} == {
        f"{suffix}{size}": suffix in IMAGES for suffix in VIDEOS | IMAGES for size in ("", "-large")
    }
    assert notes == []


def test_captions_are_beside_the_clips(tmp_path: Path) -> None:
    for name in ("b.mp4", "deep/a.PNG", "c.webm", "d.mp4", "e.mkv", "f.gif", ".hidden.mp4", "._b.mp4"):
        written(tmp_path / name)
    written(tmp_path / "b.txt", b"\xef\xbb\xbfa fox\n")
    written(tmp_path / "d.caption", b"a hen")
    written(tmp_path / "e.json", b'{"fps": 24, "text": "last", "caption": "a cow"}')
    written(tmp_path / "f.TXT", "강아지가 뛴다".encode("cp949"))
    written(tmp_path / "deep/a.txt", b"caf\xe9")
    *entries, fault = listed(tmp_path)[0]
    assert entries == [
        Entry(1, "b.mp4", "a fox", False),
        Entry(2, "c.webm", "", False),
        Entry(3, "d.mp4", "a hen", False),
        Entry(4, "e.mkv", "a cow", False),
        Entry(5, "f.gif", "강아지가 뛴다", False),
    ]
    assert isinstance(fault, Fault)
    assert (fault.line, fault.code) == (6, "caption_unreadable")
    assert "deep/a.txt" in fault.message


def test_of_several_captions_the_first_that_is_not_blank_is_taken(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        written(tmp_path / f"{name}.mp4")
        written(tmp_path / f"{name}.json", b'{"prompt": "by json"}')
    written(tmp_path / "a.txt", b"by txt")
    written(tmp_path / "a.caption", b"by caption")
    written(tmp_path / "b.txt", b" \n")
    written(tmp_path / "b.caption", b"by caption")
    assert captions(tmp_path) == {"a.mp4": "by txt", "b.mp4": "by caption", "c.mp4": "by json"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", "caption_unreadable"),
        (b'{"caption": 3}', "caption_unreadable"),
        (b'{"caption": "\\u0000"}', "row_unreadable"),
    ],
)
def test_a_caption_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, code: str) -> None:
    written(tmp_path / "a.mp4")
    written(tmp_path / "a.json", content)
    ((fault,), _) = listed(tmp_path)
    assert isinstance(fault, Fault)
    assert (fault.line, fault.code) == (1, code)


def test_a_json_without_a_caption_is_none(tmp_path: Path) -> None:
    for number, content in enumerate((b"[1]", b'{"fps": 24}', b'{"caption": null, "text": ""}')):
        written(tmp_path / f"{number}.mp4")
        written(tmp_path / f"{number}.json", content)
    assert captions(tmp_path) == {f"{number}.mp4": "" for number in range(3)}


def test_a_caption_is_found_in_another_form_of_unicode(tmp_path: Path) -> None:
    written(tmp_path / (unicodedata.normalize("NFD", "강아지") + ".mp4"))
    written(tmp_path / "강아지.txt", b"a dog")
    assert list(captions(tmp_path).values()) == ["a dog"]


def test_what_is_passed_over_is_counted_and_told(tmp_path: Path) -> None:
    written(tmp_path / "a.mp4")
    written(tmp_path / "a.txt")
    for number in range(10):
        written(tmp_path / f"{number}.txt2")
    for name in ("b.psd", "c.psd", "deep/notes.txt", "LICENSE", ".DS_Store", "Thumbs.db", ".git/x.psd"):
        written(tmp_path / name)
    rows, notes = listed(tmp_path)
    assert len(rows) == 1
    assert notes == ["14 files were passed over: 10 .txt2, 2 .psd, 1 without suffix, 1 .txt."]


def test_linked_folders_are_followed_once(tmp_path: Path) -> None:
    base, elsewhere = tmp_path / "base", tmp_path / "elsewhere"
    written(base / "own/a.mp4")
    written(elsewhere / "b.mp4")
    written(elsewhere / "deep/c.mp4")
    for link, target in (("z", elsewhere), ("again", elsewhere), ("alias", base / "own"), ("loop", base)):
        (base / link).symlink_to(target)
    (elsewhere / "deep/back").symlink_to(base)
    (base / "gone").symlink_to(tmp_path / "nowhere")
    (base / "circle").symlink_to("circle")
    assert list(captions(base)) == ["again/b.mp4", "again/deep/c.mp4", "own/a.mp4"]


def test_links_out_of_the_roots_are_not_followed_and_told(tmp_path: Path) -> None:
    base, elsewhere = tmp_path / "base", tmp_path / "elsewhere"
    written(base / "a.mp4")
    written(elsewhere / "b.mp4")
    (base / "linked").symlink_to(elsewhere)
    (base / "root").symlink_to("/")
    notes: list[Message] = []
    assert [row.line for row in read(base, notes.append, [base])] == [1]
    assert [note.code for note in notes] == ["path_outside"]
    assert "2 linked folders lead out" in notes[0].message
    assert len(list(read(base / "linked", notes.append, [tmp_path]))) == 1


def test_a_folder_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    written(tmp_path / "a.mp4")
    written(tmp_path / "closed/b.mp4")
    (tmp_path / "closed").chmod(0)
    with as_anybody():
        rows, notes = listed(tmp_path)
    (tmp_path / "closed").chmod(0o700)
    assert len(rows) == 1
    assert notes == ["1 folder may not be read, closed among them. Change the permissions."]


def test_a_file_name_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"tram-\xff.mp4")).write_bytes(b"film")
    (tmp_path / "bird.mp4").write_bytes(b"film")
    (bird, tram), _ = listed(tmp_path)
    assert isinstance(bird, Entry)
    assert isinstance(tram, Fault)
    assert (tram.code, tram.message) == (
        "not_utf8", "The name tram-\ufffd.mp4 is not in UTF-8. Rename the file or its folder.",
    )  # fmt: skip
