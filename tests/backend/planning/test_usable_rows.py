"""Plan, check and run agree on the usable rows of every table, and the import on those that it can keep."""

import tempfile
from pathlib import Path
from unicodedata import normalize

from hypothesis import given, settings
from hypothesis import strategies as st

from services.backend.datasets.importing.entries import Entry
from services.backend.datasets.importing.finder import Clip, FileFinder
from services.backend.datasets.importing.formats import read
from services.backend.planning import dataset_table
from trainer.contract.config import RunConfig
from trainer.contract.problem import Problem
from trainer.contract.table.usable import read_usable
from trainer.data.metadata import read_rows
from trainer.preflight.checks import CheckContext
from trainer.preflight.data import dataset

NFC, NFD = (normalize(form, "강아지.mp4") for form in ("NFC", "NFD"))
NAMES = ("a.mp4", "b.jpg", " b.jpg", "clips/a.mp4", "clips\\a.mp4", NFC, NFD, "../a.mp4", "", "gone.mp4", "a.mp4 ")
CAPTIONS = ("a fox", "", " ", "a fox, running", '"a fox, running"', '"open', '"two\nlines"', 'a 5" lens', '"x" y', "\0")
HEADERS = (
    "video,prompt",
    "image,video,prompt",
    "video,prompt,split",
    "Prompt,prompt,video",
    "prompt,caption,video",
    "video",
)
ENDS, ENCODINGS = ("\n", "\r\n", "\r"), ("utf-8-sig", "cp949", "utf-16")

_words = st.sampled_from(NAMES) | st.sampled_from(CAPTIONS) | st.sampled_from(("train", "validation", "test", ""))
_lines = st.lists(st.lists(_words, max_size=4).map(",".join), max_size=6)
_files = st.sets(st.sampled_from([name for name in NAMES if name and not name.startswith("..")]))


@given(st.sampled_from(HEADERS), _lines, _files, st.sampled_from(ENDS), st.sampled_from(ENCODINGS))
@settings(max_examples=150, deadline=None)
def test_all_count_the_same(header: str, lines: list[str], files: set[str], end: str, encoding: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "set"
        (base / "clips").mkdir(parents=True)
        (base.parent / "a.mp4").write_bytes(b"outside")
        for name in files:
            (base / name).write_bytes(b"film")
        (base / "metadata.csv").write_bytes(end.join([header, *lines]).encode(encoding, "replace"))
        config = RunConfig.model_validate({"name": "r", "dataset_base_path": str(base)})
        assert planned(base) == checked(config, base) == trained(config)
        if trained(config) is not None:
            assert imported(base) == trained(config)


def trained(config: RunConfig) -> tuple[int, int] | None:
    """How many rows a run uses and leaves out; None if it refuses the table."""
    try:
        rows, rejected = read_rows(config)
    except Problem:
        return None
    return len(rows), len(rejected)


def planned(base: Path) -> tuple[int, int] | None:
    try:
        samples = dataset_table.of_table(base, base / "metadata.csv")
    except Problem:
        return None
    used = int(samples.repeats.sum())
    assert used + sum(samples.left_out.values()) == samples.rows
    return used, samples.rows - used


def checked(config: RunConfig, base: Path) -> tuple[int, int] | None:
    try:
        found = dataset(CheckContext(config, base, on_cpu=True))
    except Problem:
        return None
    left_out = sum(found.details.get("by_code", {}).values())
    if found.standing == "failure":
        return 0, left_out
    videos, images = (int(part.split()[0]) for part in found.found.split(";")[0].split(" and "))
    return videos + images, left_out


def imported(base: Path) -> tuple[int, int]:
    """As a run of the data set counts its rows: it leaves those without a caption out, and knows no split."""
    finder = FileFinder(base, [base])
    found = [finder.find(row) if isinstance(row, Entry) else row for row in read(base / "metadata.csv")]
    rejected = read_usable(base, base / "metadata.csv").rejected
    of_split = {row.line for row in rejected if row.code == "split_unknown"}
    used = sum(isinstance(row, Clip) and bool(row.caption) and row.line not in of_split for row in found)
    return used, len(found) - used
