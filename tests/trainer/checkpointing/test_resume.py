"""What a resume says of a run that is not the one that was begun, by name, and of one that is: nothing."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.harness.runs import SMALL, Event, warnings
from trainer.checkpointing import resume
from trainer.checkpointing.checkpoint import Position
from trainer.contract.config import RunConfig
from trainer.contract.rundir import RunDir
from trainer.contract.shape import Shape
from trainer.contract.window import BEGINNING, Window, Windows
from trainer.data.clip import Clip, Placed
from trainer.data.metadata import Row
from trainer.data.sampler import Sampler
from trainer.telemetry.step_log import StepLog

Compare = Callable[[Position, Position], list[Event]]


@pytest.fixture
def compare(tmp_path: Path) -> Iterator[Compare]:
    """Compares two positions; the warnings of that."""
    run = RunDir(tmp_path)

    def compared(before: Position, now: Position) -> list[Event]:
        known = len(warnings(run))
        resume.check_position(before, now, log)
        return warnings(run)[known:]

    with StepLog.open(run.log(1), run_id="run", attempt=1, rank=0, world_size=1) as log:
        yield compared


def position(
    names: str = "abcd", held_out: str = "e", captions: str = "", shown: Windows = (BEGINNING,), **settings: Any
) -> Position:
    """The position of a run on clips of these names. `captions`: the names whose captions were changed; `shown`: the
    windows of each clip."""
    config = RunConfig.model_validate(SMALL | {"dataset_base_path": "/"} | settings)
    clips = [
        Clip(
            Placed(Row(line, name, Path("/", name), f"a {name}{'!' * (name in captions)}"), Shape(64, 64, 5), shown),
            (name,),
            (name,),
        )
        for line, name in enumerate(names + held_out, start=2)
    ]
    return Position.of(3, Sampler.of(config, [(len(names),)], 1), clips)


@pytest.mark.parametrize(
    ("changed", "codes", "said"),
    [
        (position(), [], ""),
        (position(learning_rate=1e-5, max_steps=9, num_epochs=9), [], ""),
        (position("dcba"), ["dataset_changed"], "files, or their order"),
        (position("abcf"), ["dataset_changed"], "files, or their order"),
        (position(captions="b"), ["dataset_changed"], "Captions of the data set"),
        (position(captions="e"), ["dataset_changed"], "Captions of the data set"),
        (position(held_out="f"), ["validation_changed"], "Other clips are held out"),
        (position("abce", "d"), ["dataset_changed", "validation_changed"], "files, or their order"),
        (position("abcde", ""), ["dataset_changed", "validation_changed"], "had 4 usable clips and has 5 now"),
        (position(shown=(Window(0.5),)), ["dataset_changed"], "the size or the part of some"),
        (position(shown=(Window(0.0, 24.0),)), ["dataset_changed"], "the size or the part of some"),
        (position(shown=(Window(0.0), Window(1.0))), ["dataset_changed"], "the size or the part of some"),
        (position("dcba", shown=(Window(0.5),)), ["dataset_changed"], "files, or their order"),
        (position(shown=(Window(1e-9),)), [], ""),
        (position(seed=7), ["settings_changed"], "was made with seed 0; the run has seed 7 now"),
        (position(dataset_repeat=1), ["settings_changed"], "dataset_repeat 10; the run has dataset_repeat 1"),
        (
            position(seed=99, gradient_accumulation_steps=3, dataset_repeat=3),
            ["settings_changed"],
            "seed 0, gradient_accumulation_steps 1, dataset_repeat 10; the run has seed 99, "
            "gradient_accumulation_steps 3, dataset_repeat 3 now",
        ),
    ],
)
def test_what_differs_is_told_by_name(compare: Compare, changed: Position, codes: list[str], said: str) -> None:
    told = compare(position(), changed)
    assert [event["code"] for event in told] == codes
    assert said in "".join(event["message"] for event in told)


def test_a_setting_s_values_are_details(compare: Compare) -> None:
    (told,) = compare(position(), position(seed=99))
    assert told["details"] == {"seed": {"before": 0, "now": 99}}


@pytest.mark.parametrize("changed", [position(), position("dcba"), position(captions="b"), position(dataset_repeat=3)])
def test_a_checkpoint_of_before_says_nothing_of_what_it_did_not_keep(compare: Compare, changed: Position) -> None:
    before = replace(position(), dataset=None, dataset_repeat=None, passes=None)
    assert compare(before, changed) == []


def test_a_checkpoint_of_before_says_nothing_of_what_is_shown(compare: Compare) -> None:
    now = position(shown=(Window(0.5),))
    fields = asdict(position())
    del fields["dataset"]["pictures"]
    before = msgspec.convert(fields, Position)
    assert before.dataset is not None
    assert compare(before, now) == []


def test_what_is_held_out_is_compared_too(compare: Compare) -> None:
    before = position()
    assert before.dataset is not None
    now = replace(before, dataset=replace(before.dataset, pictures="another"))
    assert [event["code"] for event in compare(before, now)] == ["dataset_changed"]


def test_a_position_survives_its_file_and_fields_of_later_versions(tmp_path: Path) -> None:
    path = tmp_path / "position.json"
    path.write_text(json.dumps(asdict(position()) | {"of_a_later_version": {}}))
    assert Position.read(path) == position()
    fields = asdict(position())
    for name in ("dataset", "dataset_repeat", "buckets", "held_out", "batch_size", "schema"):
        del fields[name]
    path.write_text(json.dumps(fields))
    assert (Position.read(path).dataset, Position.read(path).step) == (None, 3)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"step": "3"}', "[" * 100_000])
def test_a_position_that_is_none_is_an_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "position.json"
    path.write_text(content)
    with pytest.raises((ValueError, RecursionError)):
        Position.read(path)
