import csv
import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.backend.datasets.importing.entries import Entry, Fault, Unreadable
from services.backend.datasets.importing.formats import read
from trainer.contract.messages import Message
from trainer.contract.table.reader import CAPTION_LIMIT


def rows_of(path: Path, content: "str | bytes") -> list[Entry | Fault]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read(path))


def told(rows: list[Entry | Fault]) -> list[tuple[int, str]]:
    """Each row's line with its file, or its fault's code."""
    return [(row.line, row.file if isinstance(row, Entry) else row.code) for row in rows]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "file_path,caption,media_type\nclips/a.mp4,a fox,video\nb.jpg,a hen,image\n"),
        ("metadata.csv", "video,image,prompt\nclips/a.mp4,,a fox\n,b.jpg,a hen\n"),
        ("a.tsv", "caption\tvideo\na fox\tclips/a.mp4\na hen\tb.jpg\n"),
        ("hf.csv", "file_name,text\nclips/a.mp4,a fox\nb.jpg,a hen\n"),
        ("a.json", '[{"video": "clips/a.mp4", "prompt": "a fox", "seed": 1}, {"image": "b.jpg", "prompt": "a hen"}]'),
        (
            "musubi.jsonl",
            '{"video_path": "clips/a.mp4", "caption": "a fox"}\n\n{"image_path": "b.jpg", "caption": "a hen"}',
        ),
        ("metadata.jsonl", '{"file_name": "clips/a.mp4", "text": "a fox"}\n{"file_name": "b.jpg", "text": "a hen"}\n'),
    ],
)
def test_every_way_of_listing_says_the_same(tmp_path: Path, name: str, content: str) -> None:
    found = [row for row in rows_of(tmp_path / name, content) if isinstance(row, Entry)]
    assert [(row.file, row.caption, row.is_image) for row in found] == [
        ("clips/a.mp4", "a fox", False),
        ("b.jpg", "a hen", True),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_are_known_by_their_marks(tmp_path: Path, encoding: str) -> None:
    (row,) = rows_of(tmp_path / "a.csv", "video,prompt\r\na.mp4,Füchse 狐狸 🦊\r\n".encode(encoding))
    assert row == Entry(2, "a.mp4", "Füchse 狐狸 🦊", False)


def test_a_line_in_another_encoding_costs_that_line(tmp_path: Path) -> None:
    content = b"video,prompt\na.mp4,a fox\nb.mp4,caf\xe9\nc.mp4,a hen\n"
    assert told(rows_of(tmp_path / "a.csv", content)) == [(2, "a.mp4"), (3, "not_utf8"), (4, "c.mp4")]


def test_captions_may_hold_lines_quotes_and_commas(tmp_path: Path) -> None:
    content = 'video,prompt\na.mp4,"a fox,\nwith ""quotes"""\nb.mp4,a "tame" hen\n'
    found = rows_of(tmp_path / "a.csv", content)
    assert found == [Entry(2, "a.mp4", 'a fox,\nwith "quotes"', False), Entry(4, "b.mp4", 'a "tame" hen', False)]


def test_a_quote_that_is_never_closed_costs_its_line_alone(tmp_path: Path) -> None:
    lines = [f"{number}.mp4,a fox" for number in range(3000)]
    lines[10], lines[2995] = '10.mp4,"a fox', '2995.mp4,"a hen'
    found = rows_of(tmp_path / "a.csv", "video,prompt\n" + "\n".join(lines))
    assert [(row.line, row.code) for row in found if isinstance(row, Fault)] == [
        (12, "quote_open"),
        (2997, "quote_open"),
    ]
    assert [row.line for row in found] == list(range(2, 3002))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("a.mp4,a dog, running,video", "cells"),
        ("a.mp4", "cells"),
        (",a dog,video", "file_unnamed"),
        ("a.mp4,a dog,movie", "media_type"),
        ("a.mp4,a dog,image", "media_type"),
        ('a.mp4,"a dog" runs,video', "row_unreadable"),
        ("a.mp4,a\0dog,video", "row_unreadable"),
        (f"a.mp4,{'a' * 10_000_000},video", "caption_huge"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_the_others_are_read(tmp_path: Path, line: str, code: str) -> None:
    found = rows_of(tmp_path / "a.csv", f"file_path,caption,media_type\nx.mp4,a,video\n{line}\n\ny.mp4,b,video\n")
    assert told(found) == [(2, "x.mp4"), (3, code), (5, "y.mp4")]
    (fault,) = (row for row in found if isinstance(row, Fault))
    assert "Line 3" in fault.message
    assert len(fault.message) < 300


@pytest.mark.parametrize(
    ("row", "code"),
    [("{", "row_unreadable"), ("[1]", "row_unreadable"), ('{"video": 3, "prompt": "a"}', "row_unreadable")],
)
def test_so_is_one_of_json_lines(tmp_path: Path, row: str, code: str) -> None:
    good = json.dumps({"video": "a.mp4", "prompt": "a"})
    assert told(rows_of(tmp_path / "a.jsonl", f"{good}\n{row}\n{good}\n")) == [(1, "a.mp4"), (2, code), (3, "a.mp4")]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"path,caption\na,b\n", "file_path"),
        ("a.csv", b"video,description\na,b\n", "caption"),
        ("a.csv", "video,prompt\n".encode("utf-16-le"), "UTF-16"),
        ("a.csv", b"\xffPNG\x89,video,prompt\n", "no text"),
        ("a.json", b'{"video": "a"}', "list"),
        ("a.json", b"[", "JSON"),
        ("a.json", b"[" * 100_000, "JSON"),
        ("a.xlsx", b"PK", "CSV"),
    ],
)
def test_a_table_that_cannot_be_used_at_all_says_why(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        rows_of(tmp_path / name, content)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(Unreadable, match="no file"):
        read(tmp_path / "a.csv")


_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


@given(st.lists(st.tuples(_texts.filter(str.strip), _texts), max_size=8))
def test_what_was_written_as_csv_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("video", "prompt"), *rows])
    found = rows_of(tmp_path_factory.mktemp("csv") / "a.csv", text.getvalue())
    assert [(row.file, row.caption) for row in found if isinstance(row, Entry)] == [
        (name, caption.strip()) for name, caption in rows
    ]


def test_the_longest_caption_is_taken(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path / "a.csv", f"video,prompt\na.mp4,{'a' * CAPTION_LIMIT}\n")
    assert isinstance(row, Entry)


def test_a_prompt_is_taken_before_a_caption_in_any_form(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("caption,prompt,video\nlong,short,a.mp4\nsame,same,b.mp4\n")
    row = {"caption": "long", "prompt": "short", "video": "a.mp4"}
    (tmp_path / "a.json").write_text(json.dumps([row]))
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    for name in ("a.csv", "a.json", "a.jsonl"):
        notes: list[Message] = []
        first, *_ = read(tmp_path / name, notes.append)
        assert first == Entry(2 if name == "a.csv" else 1, "a.mp4", "short", False)
        assert [note.code for note in notes] == ["columns_differ"], name
        assert "prompt and caption differ in 1 row" in notes[0].message


def test_a_korean_table_is_read_with_a_note(tmp_path: Path) -> None:
    notes: list[Message] = []
    for name, content in (
        ("a.csv", "video,prompt\na.mp4,강아지\n"),
        ("a.jsonl", '{"video": "a.mp4", "prompt": "강아지"}'),
    ):
        (tmp_path / name).write_bytes(content.encode("cp949"))
        assert [row.caption for row in read(tmp_path / name, notes.append) if isinstance(row, Entry)] == ["강아지"]
    assert [note.code for note in notes] == ["read_as_cp949"] * 2
