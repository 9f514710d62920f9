"""What is written reads back byte for byte, by Loradeck and by Python's csv."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.contract.problem import Problem
from trainer.contract.table.reader import TableReader, TableRow
from trainer.contract.table.writer import encode_rows, write_table

HEADER = ("video", "image", "prompt")
_cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
_odd = st.text(st.sampled_from('",;\t\r\n \\a\ufeff\u2028\x0b\x0c\x1c\x85'), max_size=12)


@given(st.lists(st.tuples(_cells | _odd, _cells | _odd, _cells | _odd), max_size=6))
def test_any_text_reads_back(rows: list[tuple[str, str, str]]) -> None:
    written = encode_rows([HEADER, *rows])
    assert list(csv.reader(io.StringIO(written.decode(), newline=""), strict=True)) == [list(HEADER), *map(list, rows)]
    found = list(TableReader(written))
    assert all(isinstance(row, TableRow) for row in found)
    assert [(row.file, row.caption) for row in found if isinstance(row, TableRow)] == [
        (next((name for name in (video, image) if name.strip()), ""), caption.strip()) for video, image, caption in rows
    ]


@pytest.mark.parametrize("caption", ["a\0b", "half \ud83e"])
def test_what_no_table_can_hold_is_refused_and_nothing_is_written(tmp_path: Path, caption: str) -> None:
    write_table(tmp_path / "a.csv", [HEADER, ("a.mp4", "", "x")])
    with pytest.raises(Problem) as caught:
        write_table(tmp_path / "a.csv", [HEADER, ("a.mp4", "", caption)])
    assert caught.value.code == "no_text"
    assert (tmp_path / "a.csv").read_bytes() == b"video,image,prompt\na.mp4,,x\n"


def test_an_empty_cell_by_itself_is_a_row() -> None:
    assert encode_rows([("file",), ("",)]) == b'file\n""\n'
