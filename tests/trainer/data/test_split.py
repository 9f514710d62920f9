from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.harness.runs import SMALL
from trainer.contract.config import RunConfig
from trainer.contract.problem import Problem
from trainer.contract.shape import Shape
from trainer.data import split
from trainer.data.clip import Clip, Placed
from trainer.data.metadata import Row
from trainer.evaluation import loss


def clips(*files: int) -> list[Clip]:
    """A row for each of these files' numbers."""
    names = [f"{file}.mp4" for file in files]
    return [
        Clip(Placed(Row(line, name, Path(name), "x"), Shape(64, 64, 5)), (name,), ("x",))
        for line, name in enumerate(names)
    ]


def config(**settings: Any) -> RunConfig:
    return RunConfig.model_validate(SMALL | {"dataset_base_path": "/"} | settings)


@pytest.mark.parametrize(
    ("files", "settings", "count"),
    [
        (4, {}, 0),
        (399, {"eval_samples": 8}, 0),
        (400, {"eval_samples": 8}, 8),
        (170, {"eval_samples": 8, "validation_clips": 20}, 20),
        (1000, {"eval_samples": 8, "validation_clips": 0}, 0),
    ],
)
def test_how_many_are_held_out(files: int, settings: dict[str, Any], count: int) -> None:
    assert split.wanted(config(**settings), clips(*range(files))) == count


def test_something_is_left_to_train_on() -> None:
    with pytest.raises(Problem, match="3 usable clips") as caught:
        split.wanted(config(validation_clips=3), clips(1, 2, 3, 3))
    assert (caught.value.code, caught.value.field) == ("validation_too_large", "validation_clips")


@given(files=st.lists(st.integers(0, 30), min_size=2, max_size=60), count=st.integers(0, 10))
def test_a_file_is_on_one_side_and_none_is_lost(files: list[int], count: int) -> None:
    given = clips(*files)
    count = min(count, len(set(files)) - 1)
    trained, held_out = split.hold_out(given, count)
    assert sorted([*trained, *held_out], key=lambda clip: clip.row.line) == given
    assert len({clip.row.path for clip in held_out}) == count
    assert not {clip.row.path for clip in held_out} & {clip.row.path for clip in trained}
    for side in (trained, held_out):
        assert side == sorted(side, key=lambda clip: clip.row.line), "in their order"


def test_more_rows_move_few_clips() -> None:
    before = {clip.row.path for clip in split.hold_out(clips(*range(1000)), 20)[1]}
    after = {clip.row.path for clip in split.hold_out(clips(*range(1050)), 20)[1]}
    assert len(before & after) >= 16
    assert before == {clip.row.path for clip in split.hold_out(clips(*range(999, -1, -1)), 20)[1]}


@pytest.mark.parametrize(
    ("trained", "held_out", "unseen", "beside"),
    [(10, 0, [0, 3, 6], []), (10, 6, [10, 12, 14], [0, 3, 6]), (2, 6, [2, 4, 6], [0, 1]), (10, 1, [10], [0])],
)
def test_what_is_evaluated(trained: int, held_out: int, unseen: list[int], beside: list[int]) -> None:
    assert loss.choose_samples(trained, held_out, 3) == (unseen, beside)


def with_split(*sides: str) -> list[Clip]:
    found = clips(*range(len(sides)))
    return [
        replace(clip, placed=replace(clip.placed, row=replace(clip.row, split=side)))
        for clip, side in zip(found, sides, strict=True)
    ]


def test_a_table_s_own_split_is_kept_whatever_the_settings_are() -> None:
    given = with_split("train", "validation", "", "validation")
    for stays_whole in (False, True):
        trained, held_out = split.split_clips(config(), given, stays_whole)
        assert (trained, held_out) == (given[0::2], given[1::2])
    assert split.split_clips(config(), with_split("train", "train"), False)[1] == []


def test_all_rows_of_a_file_are_on_one_side_of_a_table_s_split() -> None:
    first, second = with_split("train", "validation")
    again = replace(second, placed=replace(second.placed, row=replace(second.row, split="train")))
    assert split.split_clips(config(), [first, second, again], False) == ([first], [second, again])


def test_a_split_and_a_setting_contradict_each_other() -> None:
    with pytest.raises(Problem, match="split of its own") as caught:
        split.split_clips(config(validation_clips=0), with_split("train", "validation"), False)
    assert (caught.value.code, caught.value.field) == ("validation_twice", "validation_clips")
    with pytest.raises(Problem, match="leaves no usable clip"):
        split.split_clips(config(), with_split("validation", "validation"), False)


def test_without_a_split_the_settings_say_it() -> None:
    given = clips(*range(10))
    assert len(split.split_clips(config(validation_clips=3), given, False)[1]) == 3
    assert split.split_clips(config(validation_clips=3), given, True)[1] == []
