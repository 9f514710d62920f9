"""Each rule on both sides of its boundary, and the settings that have no trouble."""

from typing import Any

import pytest

from tests.harness.runs import SMALL
from trainer.contract.config import RunConfig
from trainer.contract.messages import Message
from trainer.contract.plan import config_rules
from trainer.contract.plan.buckets import sizes
from trainer.contract.plan.counting import Counts
from trainer.contract.plan.run_facts import RunFacts
from trainer.contract.presets import Preset, load_presets
from trainer.contract.shape import Shape

PLAIN = {"model": "tiny-wan", "dataset_base_path": "/data", "num_epochs": 10, "learning_rate": 1e-3}
"""With 100 clips 1,000 steps, without trouble."""


def facts(
    clips: int = 100, ranks: int = 1, held_out: int = 0, settings: dict[str, Any] = PLAIN, **more: Any
) -> RunFacts:
    """A run on `clips` videos of the config's first shape. `more`: settings, and the facts of that name."""
    known = {name: more.pop(name) for name in ("videos", "too_short", "step_s") if name in more}
    config = RunConfig.model_validate(settings | more)
    buckets = sizes([config.shapes[0]] * clips)
    return RunFacts(
        config,
        Counts.of_config(config, [(count,) for count in buckets.values()], ranks),
        tuple(buckets),
        held_out,
        **known,
    )


def told(found: RunFacts) -> list[str]:
    """The keys of what is told."""
    return [".".join([said.code, *said.params.get("variant", "").split()]) for said in config_rules.warnings_of(found)]


@pytest.mark.parametrize(
    ("key", "without", "beyond"),
    [
        ("warmup_long", {"warmup_steps": 1000}, {"warmup_steps": 1001}),
        ("warmup_long.half", {"warmup_steps": 500}, {"warmup_steps": 501}),
        ("accumulation_long", {"gradient_accumulation_steps": 100}, {"gradient_accumulation_steps": 101}),
        ("max_steps_unreached", {"max_steps": 1000}, {"max_steps": 1001}),
        ("learning_rate_high", {"learning_rate": 0.00999}, {"learning_rate": 0.01}),
        ("learning_rate_low", {"learning_rate": 7e-7}, {"learning_rate": 5e-7}),
        ("held_out_many", {"held_out": 100, "eval_samples": 100}, {"held_out": 101, "eval_samples": 100}),
        ("held_out_many.unevaluated", {"held_out": 20, "eval_samples": 8}, {"held_out": 21, "eval_samples": 8}),
        ("evaluations_long", {"eval_steps": 12}, {"eval_steps": 11}),
        ("evaluations_long", {"eval_steps": 12, "clips": 1}, {"eval_steps": 1, "clips": 1, "num_epochs": 2}),
        ("samples_long", {"sample_steps": 36}, {"sample_steps": 35}),
        ("samples_long", {"sample_minutes": 6, "step_s": 10.0}, {"sample_minutes": 5.8, "step_s": 10.0}),
        ("checkpoints_rare", {"save_steps": 999, "step_s": 8.0}, {"save_steps": 1000, "step_s": 8.0}),
        ("checkpoints_rare", {"save_steps": 1000, "step_s": 7.2}, {"save_steps": 1000, "step_s": 7.3}),
        (
            "checkpoints_rare",
            {"save_steps": 1000, "save_minutes": 60, "step_s": 8.0},
            {"save_steps": 1000, "step_s": 8.0},
        ),
        ("best_not_kept", {"save_steps": 90, "eval_steps": 30}, {"save_steps": 90, "eval_steps": 400}),
        ("best_not_kept", {"save_steps": 100, "eval_steps": 333}, {"save_steps": 99, "eval_steps": 333}),
        (
            "best_not_kept",
            {"save_steps": 99, "eval_steps": 200, "keep_checkpoints": None},
            {"save_steps": 99, "eval_steps": 200},
        ),
        ("clips_short", {"videos": 50, "too_short": 50}, {"videos": 50, "too_short": 51}),
        ("bucket_small", {"batch_size": 50, "ranks": 2}, {"batch_size": 51, "ranks": 2}),
    ],
)
def test_a_rule_begins_at_its_boundary(key: str, without: dict[str, Any], beyond: dict[str, Any]) -> None:
    assert key not in told(facts(**without))
    assert key in told(facts(**beyond))


def test_a_run_without_steps_to_spare_is_not_told_of_its_first_and_last_evaluation() -> None:
    assert told(facts(4, max_steps=4, eval_steps=4, sample_steps=4, warmup_steps=2)) == []
    assert told(facts(4, max_steps=4, eval_steps=3, warmup_steps=2)) == ["evaluations_long"]


def test_a_warm_up_of_the_default_takes_most_of_a_short_run_without_a_word() -> None:
    assert told(facts(max_steps=10)) == []
    assert told(facts(max_steps=9)) == ["warmup_long"]
    assert told(facts(max_steps=20, warmup_steps=11)) == ["warmup_long.half"]


@pytest.mark.parametrize("clips", [4, 8, 50, 1000, 20_000])
@pytest.mark.parametrize("preset", load_presets(), ids=lambda preset: preset.id)
def test_the_presets_have_no_trouble(preset: Preset, clips: int) -> None:
    settings = preset.config | {"dataset_base_path": "/data"}
    assert told(facts(clips, settings=settings)) == []
    assert told(facts(clips, settings=settings, step_s=0.05)) == []


def test_the_small_runs_of_tests_have_no_trouble() -> None:
    assert told(facts(4, settings=SMALL | {"dataset_base_path": "/data"})) == []


def test_each_warning_has_figures_and_a_way_out() -> None:
    one = facts(
        4,
        held_out=5,
        max_steps=1001,
        num_epochs=250,
        warmup_steps=4000,
        learning_rate=1e-8,
        gradient_accumulation_steps=5,
        batch_size=5,
        sample_steps=1,
        too_short=9,
        videos=8,
    )
    found = config_rules.warnings_of(one)
    assert {said.code for said in found} == {
        "warmup_long",
        "max_steps_unreached",
        "learning_rate_low",
        "accumulation_long",
        "held_out_many",
        "samples_long",
        "clips_short",
        "bucket_small",
    }
    assert all(any(sign.isdigit() for sign in said.message) and said.hint for said in found)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (
            facts(5, max_steps=10, warmup_steps=100_000),
            "The warm-up takes 100,000 steps and the run has 10: the learning rate ends at 1e-07 and never reaches "
            "0.001.",
        ),
        (
            facts(gradient_accumulation_steps=250),
            "gradient_accumulation_steps is 250, and an epoch has 100 micro-steps: a step ends with the epoch and "
            "never accumulates as many.",
        ),
        (facts(max_steps=5000), "max_steps is 5,000, and the epochs end after 1,000 steps."),
    ],
)
def test_a_figure_is_the_run_s(found: RunFacts, message: str) -> None:
    said: list[Message] = config_rules.warnings_of(found)
    assert [one.message for one in said] == [message]


def test_following_a_hint_ends_the_warning() -> None:
    (said,) = config_rules.warnings_of(facts(gradient_accumulation_steps=250))
    assert "dataset_repeat to 3" in said.hint
    assert told(facts(gradient_accumulation_steps=250, dataset_repeat=3)) == []
    (said,) = config_rules.warnings_of(facts(max_steps=5000))
    assert "num_epochs to 50" in said.hint
    assert told(facts(max_steps=5000, num_epochs=50)) == []
    (said,) = config_rules.warnings_of(facts(eval_steps=2))
    assert "eval_steps to 120" in said.hint
    assert told(facts(eval_steps=120)) == []


def test_samples_of_another_size_than_is_trained_on_cost_as_much_more() -> None:
    small = facts(buckets=["64x64x5"], height=128, width=128, num_frames=5, sample_steps=100)
    assert small.draw_steps == pytest.approx(4 * facts(height=64, width=64, num_frames=5).draw_steps)
    assert told(small) == ["samples_long"]


def test_a_mix_of_shapes_counts_by_its_micro_steps() -> None:
    config = RunConfig.model_validate(PLAIN | {"buckets": ["64x64x5", "64x64x1"], "height": 64, "width": 64})
    shapes = (Shape(64, 64, 5), Shape(64, 64, 1))
    mixed = RunFacts(config, Counts.of_config(config, [(3,), (1,)], 1), shapes, 0)
    tokens = (3 * shapes[0].volume + shapes[1].volume) / 4
    drawn = Shape(64, 64, config.num_frames).volume
    assert mixed.draw_steps == pytest.approx(2 * 30 * 2 * 0.3 * drawn / tokens)
