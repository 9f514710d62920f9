"""Checkpoints of real attempts: written, kept, missing, damaged, begun from."""

import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch

from tests.harness.runs import Train, check_folder, codes, configure, curve, end, events, loaded, make_run, warnings
from trainer.contract.rundir import RunDir


def full_disk(monkeypatch: pytest.MonkeyPatch, calls: set[int]) -> None:
    """Let the disk be full at these of the checkpoints' `write_atomic`s of the optimizer, counted from 1."""
    from trainer import verified_write
    from trainer.checkpointing import checkpoint

    count, write = 0, verified_write.write_atomic

    def write_atomic(path: Path, content: bytes) -> None:
        nonlocal count
        count += path.name == checkpoint.OPTIMIZER
        if path.name == checkpoint.OPTIMIZER and count in calls:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write(path, content)

    monkeypatch.setattr(verified_write, "write_atomic", write_atomic)


def test_a_full_disk_costs_one_checkpoint_and_not_the_run(
    logs: Path, data: Path, train_here: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    full_disk(monkeypatch, {1})
    run = make_run(logs, data, "full-once", max_steps=4, save_steps=2)
    assert train_here(run, 1) == 0
    (warning,) = warnings(run)
    assert (warning["code"], warning["details"]["step"]) == ("disk_full", 2)
    assert [path.name for path in run.checkpoints.iterdir()] == ["step-4"]


def test_a_full_disk_at_the_last_checkpoint_fails_the_run(
    logs: Path, data: Path, train_here: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    full_disk(monkeypatch, {2})
    run = make_run(logs, data, "full-at-last", max_steps=4, save_steps=2)
    assert train_here(run, 1) == 1
    assert (end(run)["reason"], end(run)["code"]) == ("failed", "disk_full")
    assert "Make room" in end(run)["message"]
    assert [path.name for path in run.checkpoints.iterdir()] == ["step-2"]
    monkeypatch.undo()
    assert train_here(run, 2) == 0
    assert list(curve(run, 2)) == [3, 4]


def test_a_damaged_checkpoint_is_passed_over(logs: Path, data: Path, train_here: Train) -> None:
    run = make_run(logs, data, "damaged", max_steps=4, save_steps=2)
    assert train_here(run, 1) == 0
    (run.checkpoints / "step-4" / "lora.safetensors").write_bytes(b"no")
    assert train_here(run, 2) == 0
    assert codes(run, 2) == ["checkpoint_damaged"]
    assert curve(run, 2) == {step: values for step, values in curve(run).items() if step > 2}


def test_a_checkpoint_of_another_number_of_ranks(logs: Path, data: Path, train_here: Train) -> None:
    run = make_run(logs, data, "world", max_steps=2)
    assert train_here(run, 1) == 0
    position = run.checkpoints / "step-2" / "position.json"
    position.write_text(json.dumps(json.loads(position.read_text()) | {"world_size": 2}))
    assert train_here(run, 2) == 1
    assert end(run, 2)["code"] == "world_size_changed"
    assert "num_processes to 2" in end(run, 2)["message"]


def test_nothing_to_resume_from(logs: Path, data: Path, train_here: Train) -> None:
    run = make_run(logs, data, "scratch", max_steps=1, warmup_steps=1)
    assert train_here(run, 2) == 0
    assert codes(run, 2) == ["no_checkpoint"]
    assert list(curve(run, 2)) == [1]


def checkpoints(run: RunDir) -> list[int]:
    return sorted(int(path.name.removeprefix("step-")) for path in run.checkpoints.iterdir())


def test_minutes_bring_checkpoints_and_samples_and_change_no_number(logs: Path, data: Path, train_here: Train) -> None:
    plain = make_run(logs, data, "by-steps", max_steps=4)
    assert train_here(plain, 1) == 0
    often = make_run(logs, data, "by-minutes", max_steps=4, save_minutes=1e-6, sample_minutes=1e-6, save_steps=3)
    assert train_here(often, 1) == 0
    assert checkpoints(often) == [1, 2, 3, 4]
    assert [event["step"] for event in events(often, kind="sample") if event.get("what") != "base"] == [1, 2, 3, 4]
    assert curve(often) == curve(plain)
    assert loaded(often, 4) == loaded(plain, 4)
    rare = make_run(logs, data, "by-hours", max_steps=2, save_minutes=600, sample_minutes=600)
    assert train_here(rare, 1) == 0
    assert checkpoints(rare) == [2]


def test_the_newest_checkpoints_and_the_best_are_kept_over_a_resume(logs: Path, data: Path, train_here: Train) -> None:
    settings: dict[str, Any] = {"save_steps": 1, "eval_steps": 1, "keep_checkpoints": 2, "sample_prompts": []}
    run = make_run(logs, data, "kept", max_steps=4, **settings)
    assert train_here(run, 1) == 0
    configure(run, data, max_steps=8, learning_rate=1.0, **settings)  # from here on it gets worse
    assert train_here(run, 2) == 0
    evaluations = events(run, 1, "eval") + events(run, 2, "eval")
    losses = {event["step"]: event["values"]["eval/loss"] for event in evaluations if event["step"] > 0}
    best = min(losses, key=losses.__getitem__)
    assert best <= 4
    assert checkpoints(run) == [best, 7, 8]
    told = [
        path for attempt in (1, 2) for event in events(run, attempt, "checkpoint") for path in event.get("removed", ())
    ]
    assert sorted(told) == sorted(f"checkpoints/step-{step}" for step in range(1, 7) if step != best)
    check_folder(run, "--steps", "8", "--ended", "succeeded")


def test_none_keeps_every_checkpoint(logs: Path, data: Path, train_here: Train) -> None:
    run = make_run(logs, data, "all-kept", max_steps=12, save_steps=1, keep_checkpoints=None, sample_prompts=[])
    assert train_here(run, 1) == 0
    assert checkpoints(run) == list(range(1, 13))


def test_a_resume_makes_up_for_what_was_to_follow_the_checkpoint(logs: Path, data: Path, train_here: Train) -> None:
    run = make_run(logs, data, "made-up", max_steps=4, save_steps=2, eval_steps=2, sample_steps=2)
    assert train_here(run, 1) == 0
    shutil.rmtree(run.checkpoints / "step-4")
    assert train_here(run, 2) == 0
    assert [event["step"] for event in events(run, 2, "eval") + events(run, 2, "sample")] == [4, 4]
    shutil.rmtree(run.checkpoints / "step-4")
    (run.checkpoints / "step-2" / "evaluation.json").unlink()
    (run.samples / "step-2-1.mp4").unlink()
    assert train_here(run, 3) == 0
    assert [event["step"] for event in events(run, 3, "eval") + events(run, 3, "sample")] == [2, 4, 2, 4]
    assert events(run, 3, "eval")[0]["values"] == events(run, 1, "eval")[1]["values"]
    assert curve(run, 3) == {step: values for step, values in curve(run).items() if step > 2}


def test_a_run_begins_from_a_lora_file(logs: Path, data: Path, train_here: Train) -> None:
    first = make_run(logs, data, "first", max_steps=2)
    assert train_here(first, 1) == 0
    file = first.checkpoints / "step-2" / "lora.safetensors"
    second = make_run(logs, data, "second", max_steps=2, lora_checkpoint=str(file))
    assert train_here(second, 1) == 0
    before, after = events(first, kind="eval")[-1], events(second, kind="eval")[0]
    assert after["step"] == 0
    assert after["values"] == before["values"], "to the bit where the other run ended"
    with safetensors.safe_open(second.checkpoints / "step-2" / "lora.safetensors", "pt") as written:
        assert written.metadata()["lora_checkpoint"] == "lora.safetensors"
    shutil.rmtree(first.path)
    configure(second, data, max_steps=3, lora_checkpoint=str(file))
    assert train_here(second, 2) == 0, "a resume has its own checkpoint"


@pytest.mark.parametrize(
    ("settings", "code", "said"),
    [
        ({"lora_rank": 8}, "lora_rank_differs", "rank 4; the run's lora_rank is 8"),
        ({"lora_target_modules": "q,k"}, "lora_targets_differ", "self_attn.q"),
    ],
)
def test_a_lora_file_that_does_not_fit_is_told_before_anything_is_loaded(
    logs: Path, data: Path, train_here: Train, tiny_lora: Path, settings: dict[str, Any], code: str, said: str
) -> None:
    run = make_run(logs, data, f"misfit-{code}", lora_checkpoint=str(tiny_lora), **settings)
    assert train_here(run, 1) == 1
    assert (end(run)["reason"], end(run)["code"]) == ("failed", code)
    assert said in end(run)["message"]
    assert [event["phase"] for event in events(run, kind="phase")] == ["load"]


def test_an_evaluation_is_told_though_the_run_dies_before_it_is_kept(
    logs: Path, data: Path, train_here: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(logs, data, "dies", max_steps=4, save_steps=2, eval_steps=2)

    def die(*_: object) -> None:
        raise SystemExit("killed")

    with monkeypatch.context() as patched:
        patched.setattr("trainer.checkpointing.checkpoint.record_evaluation", die)
        assert train_here(run, 1) == 1
    assert [event["step"] for event in events(run, 1, "eval")] == [0, 2]
    assert train_here(run, 2) == 0
    again = events(run, 2, "eval")
    assert [event["step"] for event in again] == [2, 4]
    assert again[0]["values"] == events(run, 1, "eval")[-1]["values"]
