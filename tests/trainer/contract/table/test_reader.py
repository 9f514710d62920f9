"""Tables as people write them: each row is read right, or told with its line, and the others are used."""

import csv
import io
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.contract.problem import Problem
from trainer.contract.table.reader import CAPTION_LIMIT, Rejected, TableReader, TableRow


def read(table: "str | bytes") -> tuple[list[TableRow], list[Rejected], list[str]]:
    """The rows, the rejected ones, and the codes of the notes."""
    reader = TableReader(table.encode() if isinstance(table, str) else table)
    found = list(reader)
    rows = [row for row in found if isinstance(row, TableRow)]
    rejected = [row for row in found if isinstance(row, Rejected)]
    return rows, rejected, [note.code for note in reader.notes]


def told(table: "str | bytes") -> list[tuple[int, str]]:
    """Each line with its caption, or the code that it is rejected by."""
    return [(row.line, row.caption if isinstance(row, TableRow) else row.code) for row in TableReader(_bytes(table))]


def _bytes(table: "str | bytes") -> bytes:
    return table.encode() if isinstance(table, str) else table


def test_a_caption_with_bare_commas_is_told_and_never_cut() -> None:
    rows, (rejected,), _ = read(
        'video,prompt\n0.mp4,a red car, driving fast, at night\n1.mp4,x\n2.mp4,"quoted, well"\n'
    )
    assert [(row.file, row.caption) for row in rows] == [("1.mp4", "x"), ("2.mp4", "quoted, well")]
    assert rejected.message == (
        "Line 2 of the data set is left out: it has 4 cells, more than the 2 columns. "
        "A caption with commas has to stand in quotes."
    )


@pytest.mark.parametrize("faulty", [0, 4, 199, 399])
def test_a_quote_that_never_closes_costs_its_line_alone(faulty: int) -> None:
    lines = [f"{number}.mp4,caption {number}" for number in range(400)]
    lines[faulty] = f'{faulty}.mp4,"an unclosed quote'
    rows, (rejected,), _ = read("video,prompt\n" + "\n".join(lines))
    assert (rejected.line, rejected.code) == (faulty + 2, "quote_open")
    assert [row.line for row in rows] == [line for line in range(2, 402) if line != faulty + 2]


def test_many_quotes_that_never_close_take_no_time() -> None:
    lines = [f'{number}.mp4,"an unclosed quote' if number % 3 else f"{number}.mp4,x" for number in range(30_000)]
    began = time.thread_time()
    rows, rejected, _ = read("video,prompt\n" + "\n".join(lines))
    assert (len(rows), len(rejected)) == (10_000, 20_000)
    assert time.thread_time() - began < 5


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('a.mp4,a 5" lens', 'a 5" lens'),
        ('a.mp4,"a ""tame"" hen"', 'a "tame" hen'),
        ('a.mp4,"two\nlines, or ""three"""', 'two\nlines, or "three"'),
        ('a.mp4,"a\rreturn"', "a\rreturn"),
        ("a.mp4,x,,", "x"),
        ('a.mp4,"a fox"  ', "a fox"),
        ('"a.mp4" ,"a ""tame"" hen" ', 'a "tame" hen'),
        ('a.mp4,"a fox" runs', "row_unreadable"),
        ("a.mp4,a\0b", "row_unreadable"),
        ("a.mp4", "cells"),
        ("  ", "cells"),
        (f"a.mp4,{'x' * (CAPTION_LIMIT + 1)}", "caption_huge"),
    ],
)
def test_a_line_is_read_right_or_told(line: str, said: str) -> None:
    first, second, third = told(f"video,prompt\nb.mp4,before\n{line}\nc.mp4,behind\n")
    assert (first, second, third[1]) == ((2, "before"), (3, said), "behind")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n", "\r\n \r\n"])
def test_lines_may_end_in_any_way(end: str) -> None:
    rows, _, _ = read(end.join(["video,prompt", "a.mp4,x", 'b.mp4,"y,z"', ""]))
    assert [(row.file, row.caption) for row in rows] == [("a.mp4", "x"), ("b.mp4", "y,z")]


@pytest.mark.parametrize(
    "header",
    [
        "video,prompt,split",
        "video;prompt;split",
        "video\tprompt\tsplit",
        '"video" ; prompt;split',
        "Video, PROMPT ,Split",
    ],
)
def test_delimiter_and_columns_are_told_by_the_header(header: str) -> None:
    delimiter = next(mark for mark in ";\t," if mark in header)
    (row,), _, _ = read(f"{header}\n" + delimiter.join(["a.mp4", "a fox", " train "]))
    assert row == TableRow(2, "a.mp4", "a fox", "train", "")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp949"])
def test_encodings(encoding: str) -> None:
    text = "video,prompt\r\n강아지.mp4,강아지가 “들판”을 뛴다\r\n"
    (row,), rejected, notes = read(text.encode(encoding))
    assert (row.file, row.caption, rejected) == ("강아지.mp4", "강아지가 “들판”을 뛴다", [])
    assert notes == (["read_as_cp949"] if encoding == "cp949" else [])


@pytest.mark.parametrize("words", ["café crème", "Ärger über Öl", "naïve", "一只猫在跑"])
def test_a_line_in_another_encoding_costs_that_line(words: str) -> None:
    encoding = "gbk" if words.startswith("一") else "latin-1"
    assert told(b"video,prompt\na.mp4,x\nb.mp4," + words.encode(encoding) + b"\nc.mp4,y\n") == [
        (2, "x"),
        (3, "not_utf8"),
        (4, "y"),
    ]


def test_so_does_one_that_is_no_utf_16() -> None:
    content = "video,prompt\na.mp4,x\nb.mp4,y?\nc.mp4,z\n".encode("utf-16-le").replace(b"?\0", b"\x00\xdc")
    assert told(b"\xff\xfe" + content) == [(2, "x"), (3, "not_utf8"), (4, "z")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("video,prompt\n".encode("utf-16-le"), "byte order mark"),
        (b"\xffPNG\x89,video,prompt\n", "no text"),
        (b"video\0,prompt\n", "no text"),
        (b'"video,prompt\na.mp4,x\n', "first line"),
    ],
)
def test_a_table_that_is_none_is_told(content: bytes, said: str) -> None:
    with pytest.raises(Problem, match=said):
        TableReader(content)


@pytest.mark.parametrize(
    ("table", "caption", "note"),
    [
        ("video,prompt,prompt\na.mp4,one,uno\n", "uno", "The column prompt is there twice and differs in 1 row"),
        ("video,prompt,prompt\na.mp4,one,one\n", "one", None),
        ("video,prompt,caption\na.mp4,short,long\n", "short", "The columns prompt and caption differ in 1 row"),
        ("video,caption,prompt,text\na.mp4,long,short,\n", "short", "The columns prompt and caption differ"),
        ("video,Prompt,prompt\na.mp4,long,short\n", "short", "The columns prompt and Prompt differ"),
        ("video,prompt,image\na.mp4,x,b.jpg\n", "x", "The columns video and image differ"),
        ("image,prompt,video\n,x,a.mp4\n", "x", None),
        ('video,prompt\na.mp4,"x\nb.mp4,y"\n', "x\nb.mp4,y", "1 caption holds lines that look like rows"),
        ('video,prompt\na.mp4,"x, like\nb.mp4 or y"\n', "x, like\nb.mp4 or y", None),
        ("video,prompt,split\na.mp4,x\n", "x", "1 row has fewer cells than there are columns, the first in line 2"),
    ],
)
def test_columns_that_differ_or_lack_are_noted(table: str, caption: str, note: str | None) -> None:
    reader = TableReader(table.encode())
    (row,) = reader
    assert isinstance(row, TableRow)
    assert (row.file, row.caption) == ("a.mp4", caption)
    assert [note is not None and said.message.startswith(note) for said in reader.notes] == [True] * (note is not None)


_cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@given(st.lists(st.tuples(_cells.filter(str.strip), _cells, _cells), max_size=8))
def test_what_csv_has_written_reads_as_it_did_before(rows: list[tuple[str, str, str]]) -> None:
    """By csv.DictReader, as tables were read before there was a strict reader."""
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\r\n")
    writer.writerow(("video", "prompt", "notes"))
    writer.writerows(rows)
    text = table.getvalue()
    expected = [(row["video"].strip(), row["prompt"].strip()) for row in csv.DictReader(io.StringIO(text, newline=""))]
    found, rejected, notes = read(text)
    assert [(row.file.strip(), row.caption) for row in found] == expected
    assert (rejected, notes) == ([], [])


@given(st.binary(max_size=200), st.sampled_from([b"video,prompt\n", b"\xff\xfev\0,\0", b"image;text\n", b""]))
def test_no_bytes_break_the_reader(content: bytes, header: bytes) -> None:
    with suppress(Problem):
        lines = [row.line for row in TableReader(header + content)]
        assert lines == sorted(lines)
