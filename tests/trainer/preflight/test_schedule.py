"""The check of a config's settings against its table: no clip is opened, no model loaded."""

from pathlib import Path
from typing import Any

import pytest

from tests.harness.runs import SMALL, write_table
from trainer.contract.config import RunConfig
from trainer.contract.problem import Problem
from trainer.preflight import data
from trainer.preflight.checks import CheckContext, Finding


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a table of nine videos and an image, all of them empty files."""
    names = [*(f"{number}.mp4" for number in range(9)), "image.png"]
    for name in names:
        (tmp_path / name).touch()
    write_table(tmp_path, [(name, "x") for name in names])
    return tmp_path


def schedule(folder: Path, **settings: Any) -> Finding:
    config = RunConfig.model_validate(SMALL | {"dataset_base_path": str(folder)} | settings)
    return data.schedule(CheckContext(config, folder, on_cpu=True))


def test_the_steps_are_counted_as_a_run_counts_them(folder: Path) -> None:
    found = schedule(folder, max_steps=None, gradient_accumulation_steps=3)
    assert (found.standing, found.found) == ("ok", "136 steps, 34 an epoch")


def test_what_surprises_is_a_warning_with_all_figures_and_ways_out(folder: Path) -> None:
    found = schedule(folder, warmup_steps=100_000, validation_clips=6, eval_samples=6)
    assert found.standing == "warning"
    assert found.details == {"codes": ["warmup_long", "held_out_many"]}
    assert "The warm-up takes 100,000 steps and the run has 4" in found.found
    assert "6 clips are held out and only 4 trained on" in found.found
    assert "Set warmup_steps" in found.hint
    assert "Lower validation_clips" in found.hint


def test_a_clip_whose_shape_is_not_known_is_of_the_largest(folder: Path) -> None:
    buckets = ["64x64x5", "64x64x17"]
    assert schedule(folder, buckets=buckets, batch_size=9, dataset_repeat=1, max_steps=None).details == {
        "codes": ["bucket_small"]
    }
    assert schedule(folder, buckets=buckets, batch_size=1).standing == "ok"


def test_a_table_of_which_nothing_is_left_to_train_on_fails(folder: Path) -> None:
    with pytest.raises(Problem, match="validation_clips is 10") as caught:
        schedule(folder, validation_clips=10)
    assert caught.value.code == "validation_too_large"
