import os
from collections.abc import Callable
from pathlib import Path

import pytest

from services.backend.ingest.tail import MAX_LINE_BYTES, Block, Position, read_block
from tests.harness.backend import LogFile


def read_all(path: Path, position: Position, log_id: str = "log-1") -> tuple[bytes, Position, list[str]]:
    data, codes = b"", []
    while True:
        block = read_block(path, position, log_id)
        assert block is not None
        data += block.data
        codes += [fault.code for fault in block.faults]
        position = block.position
        if not block.more:
            return data, position, codes


def test_only_whole_lines_are_handed_out(tmp_path: Path) -> None:
    log = LogFile(tmp_path).raw(b"one\ntw")
    block = read_block(log.path, Position(), "")
    assert block is not None
    assert (block.data, block.position.offset, block.torn, block.more) == (b"one\n", 4, 2, False)
    log.raw(b"o\n")
    again = read_block(log.path, block.position, "")
    assert again is not None
    assert (again.start, again.data, again.torn) == (4, b"two\n", 0)


def test_there_is_nothing_to_follow(tmp_path: Path) -> None:
    assert read_block(tmp_path / "1.jsonl", Position(), "") is None
    (tmp_path / "2.jsonl").mkdir()
    assert read_block(tmp_path / "2.jsonl", Position(), "") is None
    os.mkfifo(tmp_path / "3.jsonl")
    assert read_block(tmp_path / "3.jsonl", Position(), "") is None


def test_a_read_is_bounded(tmp_path: Path) -> None:
    log = LogFile(tmp_path).raw(b"x" * 99 + b"\n")
    for _ in range(99):
        log.raw(b"x" * 99 + b"\n")
    block = read_block(log.path, Position(), "", block_bytes=1024)
    assert block is not None
    assert (len(block.data), block.more) == (1000, True)
    assert read_all(log.path, Position())[0] == log.path.read_bytes()


def test_a_long_line_is_read_whole(tmp_path: Path) -> None:
    line = b"x" * (MAX_LINE_BYTES - 10) + b"\n"
    log = LogFile(tmp_path).raw(b"a\n" + line + b"b\n")
    assert read_all(log.path, Position()) == (b"a\n" + line + b"b\n", *read_all(log.path, Position())[1:])
    assert read_all(log.path, Position())[2] == []


@pytest.mark.parametrize("ended", [True, False])
def test_a_line_past_the_limit_is_skipped_in_bounded_memory(tmp_path: Path, ended: bool) -> None:
    log = LogFile(tmp_path).raw(b"a\n" + b"x" * (10 * MAX_LINE_BYTES) + (b"\nb\nc" if ended else b""))
    data, position, codes = read_all(log.path, Position())
    assert data == (b"a\nb\n" if ended else b"a\n")
    assert codes == ["line_too_long"]
    assert position.skipping is not ended
    log.raw(b"\nd\n")
    assert read_all(log.path, position)[0] == (b"c\nd\n" if ended else b"d\n")


def truncate(path: Path, content: bytes) -> None:
    os.truncate(path, 0)
    path.write_bytes(content)


def replace(path: Path, content: bytes) -> None:
    new = path.with_name("new")
    new.write_bytes(content)
    os.replace(new, path)


Rewrite = Callable[[Path, bytes], None]


@pytest.mark.parametrize("rewrite", [truncate, replace])
class TestARewrittenLog:
    def lines(self, tmp_path: Path, log_id: str, steps: int) -> bytes:
        log = LogFile(tmp_path / f"{log_id}-{steps}", log_id=log_id).header().steps(1, steps)
        return log.path.read_bytes()

    def test_of_the_same_id_is_read_again(self, tmp_path: Path, rewrite: Rewrite) -> None:
        log = LogFile(tmp_path / "run").header().steps(1, 20)
        _, position, _ = read_all(log.path, Position())
        shorter = self.lines(tmp_path, "log-1", 3)
        rewrite(log.path, shorter)
        block = read_block(log.path, position, "log-1")
        assert block is not None
        assert (block.start, block.data, block.restarted) == (0, shorter, True)
        assert [fault.code for fault in block.faults] == ["rewritten"]

    def test_of_the_same_size_is_seen(self, tmp_path: Path, rewrite: Rewrite) -> None:
        log = LogFile(tmp_path / "run").header().steps(1, 3)
        _, position, _ = read_all(log.path, Position())
        content = bytearray(log.path.read_bytes())
        content[-20:-19] = b"9"
        rewrite(log.path, bytes(content))
        block = read_block(log.path, position, "log-1")
        assert block is not None
        assert block.restarted

    def test_of_another_id_is_not_read(self, tmp_path: Path, rewrite: Rewrite) -> None:
        log = LogFile(tmp_path / "run").header().steps(1, 3)
        _, position, _ = read_all(log.path, Position())
        rewrite(log.path, self.lines(tmp_path, "log-2", 30))
        block = read_block(log.path, position, "log-1")
        assert block == Block(position.offset, b"", position, block.faults if block else [])
        assert [fault.code for fault in block.faults] == ["replaced"]

    def test_that_is_empty_as_yet_is_waited_for(self, tmp_path: Path, rewrite: Rewrite) -> None:
        log = LogFile(tmp_path / "run").header().steps(1, 3)
        _, position, _ = read_all(log.path, Position())
        rewrite(log.path, b'{"type":"hea')
        block = read_block(log.path, position, "log-1")
        assert block is not None
        assert (block.data, block.position, [fault.code for fault in block.faults]) == (b"", position, ["truncated"])

    def test_without_a_header_is_not_read(self, tmp_path: Path, rewrite: Rewrite) -> None:
        log = LogFile(tmp_path / "run").header().steps(1, 3)
        _, position, _ = read_all(log.path, Position())
        rewrite(log.path, b"{}\n" * 3)
        block = read_block(log.path, position, "log-1")
        assert block is not None
        assert [fault.code for fault in block.faults] == ["replaced"]


def test_a_copy_is_the_same_log(tmp_path: Path) -> None:
    log = LogFile(tmp_path).header().steps(1, 30)
    data, position, _ = read_all(log.path, Position())
    log.step(31)
    replace(log.path, log.path.read_bytes())
    more, moved, codes = read_all(log.path, position)
    assert (data + more, codes) == (log.path.read_bytes(), [])
    assert moved.ino != position.ino


def test_reading_leaves_no_file_open(tmp_path: Path) -> None:
    log = LogFile(tmp_path).header().steps(1, 3)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        read_block(log.path, Position(), "")
    assert len(os.listdir("/proc/self/fd")) == before
