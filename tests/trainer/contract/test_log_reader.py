"""Event logs read while they grow."""

from pathlib import Path

import pytest

from trainer.contract import events
from trainer.contract.log_reader import LogReader, read_last_line, read_lines

STEPS = [events.encode(events.Step(seq=seq, ts=0.0, step=seq, epoch=1, values={})) for seq in range(3)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "1.jsonl"


def test_a_torn_line_is_read_once_it_is_whole(log: Path) -> None:
    reader = LogReader(log)
    assert list(reader.read()) == []
    log.write_bytes(STEPS[0] + STEPS[1][:-5])
    assert [event.seq for event in reader.read()] == [0]
    assert list(reader.read()) == []
    log.write_bytes(b"".join(STEPS))
    assert [event.seq for event in reader.read()] == [1, 2]
    assert reader.offset == log.stat().st_size


def test_what_is_no_event_is_passed_over(log: Path) -> None:
    log.write_bytes(STEPS[0] + b"\n{}\nnonsense\n" + STEPS[1])
    assert [event.seq for event in LogReader(log).read()] == [0, 1]


def test_lines_from_an_offset(log: Path) -> None:
    log.write_bytes(b"a\nbb\nccc")
    assert read_lines(log) == ([b"a", b"bb"], 5)
    assert read_lines(log, 2) == ([b"bb"], 5)
    assert read_lines(log, 5) == ([], 5)


def test_the_last_whole_line(log: Path) -> None:
    log.write_bytes(b"")
    assert read_last_line(log) == b""
    log.write_bytes(b"x" * (1 << 17) + b"\nlast\ntorn")
    assert read_last_line(log) == b"last"
