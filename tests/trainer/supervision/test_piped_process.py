"""Child processes: how they are heard, and that they end whatever they do."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import pytest

from tests.harness import children
from tests.harness.shim_runs import REPOSITORY, is_living
from tests.harness.waiting import until
from trainer.supervision.piped_process import Frames, Lines, end, end_all, exit_text, framed, read_frame, spawn


def started(name: str, path: Path) -> "subprocess.Popen[bytes]":
    """The child, once it has printed its first line to the file."""
    with open(path, "wb") as log:
        process = spawn(children.command(name), stdout=log)
    until(lambda: b"\n" in path.read_bytes())
    return process


def test_one_that_heeds_sigterm_leaves_by_itself(tmp_path: Path) -> None:
    process = started("leaves_at_sigterm", tmp_path / "said")
    end(process, leave_s=20)
    assert process.returncode == 7


def test_one_that_is_deaf_is_killed_with_its_group(tmp_path: Path) -> None:
    process = started("is_deaf_to_sigterm", tmp_path / "said")
    other = int((tmp_path / "said").read_text())
    assert os.getpgid(other) == process.pid != os.getpgrp()
    end(process, leave_s=0.2)
    assert process.returncode == -signal.SIGKILL
    until(lambda: not is_living(other))


def test_several_share_their_time_to_leave(tmp_path: Path) -> None:
    processes = [started("is_deaf_to_sigterm", tmp_path / str(number)) for number in range(3)]
    processes.append(started("leaves_at_sigterm", tmp_path / "polite"))
    began = time.monotonic()
    end_all(processes, leave_s=1)
    assert time.monotonic() - began >= 1
    assert [process.returncode for process in processes] == [-signal.SIGKILL] * 3 + [7]


def test_it_is_told_to_leave_when_its_parent_dies() -> None:
    command = [sys.executable, "-m", "tests.harness.parent", "leaves_at_sigterm"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        parent.kill()
        assert parent.stdout.read() == b"", "the pipe that it holds is closed by its end"


@pytest.fixture
def pipe() -> "tuple[IO[bytes], IO[bytes]]":
    reading, writing = os.pipe()
    return os.fdopen(reading, "rb"), os.fdopen(writing, "wb", buffering=0)


def test_lines_come_whole_or_not_within_the_limit(pipe: "tuple[IO[bytes], IO[bytes]]") -> None:
    reading, writing = pipe
    with reading:
        lines = Lines(reading)
        with writing:
            assert lines.next(0) is None
            writing.write(b"one\ntwo\nthr")
            assert [lines.next(0), lines.next(0), lines.next(0.05)] == [b"one", b"two", None]
            writing.write(b"ee\n")
            assert lines.next(0) == b"three"
        assert not lines.ended
        assert lines.next(1) is None
        assert lines.ended


def test_frames_come_whole(pipe: "tuple[IO[bytes], IO[bytes]]") -> None:
    reading, writing = pipe
    body = bytes(range(256)) * 3
    with reading:
        frames = Frames(reading)
        with writing:
            for part in (framed(body)[:2], framed(body)[2:300]):
                writing.write(part)
                assert frames.read() is None
            writing.write(framed(body)[300:])
            assert frames.read() == body
        assert frames.read() is None
        assert frames.ended


def test_a_frame_is_read_back_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "frames").write_bytes(framed(b"one") + framed(b""))
    with open(tmp_path / "frames", "rb") as file:
        assert [read_frame(file), read_frame(file), read_frame(file)] == [b"one", b"", None]


def test_exit_statuses_in_words() -> None:
    assert [exit_text(3), exit_text(-9), exit_text(None)] == ["exit code 3", "signal 9", "no status"]
