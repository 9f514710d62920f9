"""A file that hangs or crashes its decoder costs itself alone."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from tests.harness.runs import write_clip
from tests.harness.waiting import until
from trainer.cache.decoders import Decoders
from trainer.contract.problem import Problem
from trainer.contract.shape import Shape
from trainer.contract.window import BEGINNING
from trainer.data.media_headers import MediaHeader
from trainer.data.metadata import Row
from trainer.data.unusable import Unusable
from trainer.media.clip import read_clip

SHAPE = Shape(64, 64, 9)


def row(path: Path) -> Row:
    return Row(2, path.name, path, "x")


@pytest.fixture
def clip(tmp_path: Path) -> Row:
    write_clip(tmp_path / "a.mp4")
    return row(tmp_path / "a.mp4")


def children() -> set[int]:
    """List our processes, whichever thread has started them."""
    return {int(n) for task in Path("/proc/self/task").iterdir() for n in (task / "children").read_text().split()}


def test_frames_and_headers_are_those_of_the_file(clip: Row) -> None:
    with Decoders(2, 60) as decoders:
        frames = [decoders.frames(clip, SHAPE, BEGINNING) for _ in range(3)]
        header = decoders.header(clip).result()
        wanted = read_clip(clip.path, SHAPE)
        assert all(np.array_equal(found.result(), wanted) for found in frames)
    assert isinstance(header, MediaHeader)
    assert header.size == (64, 80, 9)


def test_what_is_wrong_with_a_file_is_told(tmp_path: Path, clip: Row) -> None:
    (tmp_path / "b.mp4").write_bytes(b"no")
    with Decoders(1, 60) as decoders:
        broken = decoders.frames(row(tmp_path / "b.mp4"), SHAPE, BEGINNING).result()
        short = decoders.frames(clip, SHAPE._replace(frames=17), BEGINNING).result()
        gone = decoders.header(row(tmp_path / "gone.mp4")).result()
    assert isinstance(broken, Unusable)
    assert isinstance(short, Unusable)
    assert isinstance(gone, Unusable)
    assert [broken.code, short.code, gone.code] == ["clip_unreadable", "clip_too_short", "clip_unreadable"]
    assert [broken.is_passing, short.is_passing, gone.is_passing] == [False, False, True]


@pytest.mark.parametrize(
    ("number", "is_passing"), [(signal.SIGSTOP, True), (signal.SIGKILL, True), (signal.SIGSEGV, False)]
)
def test_a_decoder_that_hangs_or_dies_costs_its_file_alone(
    tmp_path: Path, clip: Row, number: signal.Signals, is_passing: bool
) -> None:
    """A pipe in place of a file: opening it waits, and what becomes of its reader is up to us."""
    os.mkfifo(tmp_path / "pipe.mp4")
    with Decoders(1, 2.0) as decoders:
        before = children()
        assert isinstance(decoders.frames(clip, SHAPE, BEGINNING).result(), np.ndarray)
        hanging = decoders.frames(row(tmp_path / "pipe.mp4"), SHAPE, BEGINNING)
        (process,) = until(lambda: children() - before)
        os.kill(process, number)
        found = hanging.result()
        assert isinstance(found, Unusable)
        assert (found.code, found.is_passing) == ("clip_unreadable", is_passing)
        assert isinstance(decoders.frames(clip, SHAPE, BEGINNING).result(), np.ndarray), "the next one is read"
    assert not children() - before, "none is left"


def test_a_decoder_that_does_not_start_is_no_fault_of_the_file(clip: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.cache.decoders.READY", b"no such word")
    with Decoders(1, 60) as decoders, pytest.raises(Problem, match="did not start"):
        decoders.frames(clip, SHAPE, BEGINNING).result()


def test_an_end_does_not_wait_for_a_file_that_hangs(tmp_path: Path, clip: Row) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with Decoders(1, 3600) as decoders:
        decoders.header(clip).result()
        hanging = decoders.frames(row(tmp_path / "pipe.mp4"), SHAPE, BEGINNING)
        until(hanging.running)
    assert isinstance(hanging.result(), Unusable)
