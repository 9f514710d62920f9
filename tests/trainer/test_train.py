"""Attempts on one rank, in this process: what they leave in the run folder, however they end."""

import errno
import os
import threading
import time
from pathlib import Path
from typing import Any

import av
import pytest
import safetensors.torch
import torch

from tests.harness.runs import (
    Train,
    break_passes,
    check_folder,
    codes,
    configure,
    curve,
    end,
    events,
    loaded,
    make_run,
    optimizer_file,
    warnings,
    write_clip,
    write_table,
)
from trainer.contract.rundir import RunDir, StopRequest


def test_a_run_from_its_config_to_its_samples(logs: Path, data: Path, train_here: Train) -> None:
    run = make_run(logs, data, "whole", max_steps=6, eval_steps=3, save_steps=4, sample_steps=4)
    assert train_here(run, 1) == 0
    header, *_ = events(run)
    assert (header["run_id"], header["attempt"], header["rank"], header["world_size"]) == ("whole", 1, 0, 1)
    assert end(run) | {"seq": 0, "ts": 0} == {"type": "end", "seq": 0, "ts": 0, "reason": "succeeded", "step": 6}
    assert [event["step"] for event in events(run, kind="step")] == [1, 2, 3, 4, 5, 6]
    assert [rate for _, _, rate in curve(run).values()] == pytest.approx([5e-4, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3])
    evaluations = events(run, kind="eval")
    assert [event["step"] for event in evaluations] == [0, 3, 6]
    assert evaluations[0]["values"].keys() == {"eval/loss", *(f"eval/loss_t{t}" for t in (978, 921, 833, 682, 357))}
    assert [event["path"] for event in events(run, kind="checkpoint")] == ["checkpoints/step-4", "checkpoints/step-6"]
    samples = [(event["step"], event["path"], event.get("what", "lora")) for event in events(run, kind="sample")]
    assert samples == [
        (4, "samples/step-4-1.mp4", "lora"),
        (0, "samples/base-1.mp4", "base"),
        (6, "samples/step-6-1.mp4", "lora"),
    ]
    with av.open(str(run.samples / "step-6-1.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 5
    phases = [event["phase"] for event in events(run, kind="phase")]
    assert phases[0] == "load"
    assert {"text", "cache", "train", "eval", "save", "sample"} <= set(phases)
    assert not [path for path in run.path.rglob(".*")], "nothing temporary is left"
    (chosen,) = [event["details"] for event in events(run, kind="phase") if "details" in event]
    assert 0 < chosen.pop("cache_s") < 60
    assert chosen.pop("cached_clips") > 0
    assert chosen == {
        "card": "CPU",
        "base_dtype": "float32",
        "encoder_dtype": "float32",
        "compiled": False,
        "attention": "PyTorch",
        "blocks": 4,
        "recomputed_blocks": 0,
        "cuda_graph": False,
        "float8_base": False,
        "base_shared_by": 1,
    }
    check_folder(run, "--steps", "6", "--ended", "succeeded")


def test_eight_steps_and_eight_more_are_sixteen(logs: Path, data: Path, train_here: Train) -> None:
    whole = make_run(logs, data, "sixteen", max_steps=16, gradient_accumulation_steps=3)
    assert train_here(whole, 1) == 0
    halves = make_run(logs, data, "eight-and-eight", max_steps=8, gradient_accumulation_steps=3)
    assert train_here(halves, 1) == 0
    configure(halves, data, max_steps=16, gradient_accumulation_steps=3)
    assert train_here(halves, 2) == 0
    assert curve(halves, 1) | curve(halves, 2) == curve(whole)
    assert list(curve(halves, 2)) == list(range(9, 17))
    assert optimizer_file(halves, 16) == optimizer_file(whole, 16)
    assert loaded(halves, 16) == loaded(whole, 16)
    assert events(halves, 2, "eval")[-1]["values"] == events(whole, 1, "eval")[-1]["values"]
    check_folder(halves, "--steps", "16", "--ended", "succeeded")


def test_epochs_end_with_a_short_step(logs: Path, data: Path, train_here: Train) -> None:
    settings = {"dataset_repeat": 1, "num_epochs": 2, "max_steps": None, "gradient_accumulation_steps": 3}
    run = make_run(logs, data, "epochs", **settings)
    assert train_here(run, 1) == 0
    assert [(event["step"], event["epoch"]) for event in events(run, kind="step")] == [(1, 1), (2, 1), (3, 2), (4, 2)]


def test_text_to_video_with_guidance_in_bf16_with_checkpointing(logs: Path, data: Path, train_here: Train) -> None:
    run = make_run(
        logs,
        data,
        "other-ways",
        extra_inputs="",
        sample_cfg_scale=2.0,
        sample_prompts=None,
        mixed_precision="bf16",
        use_gradient_checkpointing=True,
        float8_base=True,
        sample_num_inference_steps=1,
        max_steps=1,
        warmup_steps=1,
    )
    assert train_here(run, 1) == 0
    assert codes(run) == ["no_float8"], "on the CPU it is as if it had not been asked for"
    prompts = [event["prompt"] for event in events(run, kind="sample")]
    assert prompts[:2] == ["a square of kind 0", "a square of kind 2"], "the captions of the evaluated clips"
    lora_file = safetensors.torch.load_file(run.checkpoints / "step-1" / "lora.safetensors")
    assert {tensor.dtype for tensor in lora_file.values()} == {torch.float32}


def test_an_empty_list_of_prompts_draws_no_samples(logs: Path, data: Path, train_here: Train) -> None:
    run = make_run(logs, data, "unasked-samples", sample_prompts=[], max_steps=1)
    assert train_here(run, 1) == 0
    assert events(run, kind="sample") == []
    assert not run.samples.exists()


def stop_once(run: RunDir, attempt: int, step: int, request: StopRequest) -> threading.Thread:
    """Ask for a stop as soon as `step` is in the log."""

    def watch() -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if any(event["step"] >= step for event in events(run, attempt, "step")):
                run.write_stop(request)
                return
            time.sleep(0.01)

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_a_stop_request_ends_the_step_saves_and_leaves(logs: Path, data: Path, train_here: Train) -> None:
    run = make_run(logs, data, "stopped", dataset_repeat=1000, max_steps=3000)
    watch = stop_once(run, 1, 3, StopRequest(attempt=1, requested_at=time.time()))
    assert train_here(run, 1) == 0
    watch.join()
    stopped_at = end(run)["step"]
    assert end(run)["reason"] == "stopped"
    assert 3 <= stopped_at < 3000
    assert events(run, kind="step")[-1]["step"] == stopped_at
    assert events(run, kind="checkpoint")[-1]["path"] == f"checkpoints/step-{stopped_at}"
    check_folder(run, "--steps", str(stopped_at), "--ended", "stopped")

    configure(run, data, dataset_repeat=1000, max_steps=stopped_at + 2)
    assert train_here(run, 2) == 0, "the request was for the first attempt alone"
    assert list(curve(run, 2)) == [stopped_at + 1, stopped_at + 2]


def test_a_stop_before_the_first_step(logs: Path, data: Path, train_here: Train) -> None:
    run = make_run(logs, data, "stopped-early")
    run.write_stop(StopRequest(attempt=1, requested_at=0.0))
    assert train_here(run, 1) == 0
    assert end(run)["reason"] == "stopped"
    assert events(run, kind="step") == []


@pytest.mark.parametrize(
    ("settings", "code", "said"),
    [
        ({"dataset_base_path": "/nowhere/at/all"}, "dataset_missing", "/nowhere/at/all"),
        ({"lora_rank": 0}, "invalid_value", "lora_rank"),
        ({"lora_ranks": 4}, "unknown_key", "Did you mean lora_rank?"),
        ({"lora_target_modules": "qq"}, "lora_target_unknown", "qq"),
        ({"model_paths": ["/nowhere.safetensors"]}, "model_file_missing", "/nowhere.safetensors"),
        ({"height": 60}, "invalid_value", "Use 32 or 64"),
    ],
)
def test_a_mistake_ends_in_one_sentence(
    logs: Path, data: Path, train_here: Train, settings: dict[str, Any], code: str, said: str
) -> None:
    run = make_run(logs, data, f"mistake-{'-'.join(settings)}", **settings)
    assert train_here(run, 1) == 1
    assert (end(run)["reason"], end(run)["code"]) == ("failed", code)
    assert said in end(run)["message"]
    check_folder(run, "--ended", "failed")


def test_bad_rows_are_named_and_the_rest_trains(tmp_path: Path, train_here: Train) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    write_clip(folder / "good.mp4")
    write_clip(folder / "short.mp4", frames=2)
    (folder / "broken.mp4").write_bytes(b"no")
    rows = [("good.mp4", "good"), ("good.mp4", ""), ("broken.mp4", "x"), ("../good.mp4", "x"), ("short.mp4", "x")]
    write_table(folder, rows)
    table = folder / "metadata.csv"
    lines = [*table.read_text().replace("prompt", "prompt,caption").splitlines(), "good.mp4,a dog, running, in rain"]
    table.write_text("\n".join(lines))
    run = make_run(tmp_path / "logs", folder, max_steps=1, warmup_steps=1)
    assert train_here(run, 1) == 0
    bad_rows = ["cells", "path_outside", "cells", "clip_unreadable", "clip_too_short"]
    assert codes(run) == ["cells_missing", *bad_rows, "rows_left_out"]
    unreadable = warnings(run)[4]
    assert unreadable["details"] == {"line": 4, "video": "broken.mp4"}
    assert "broken.mp4" in unreadable["message"]
    assert warnings(run)[-1]["details"]["count"] == 5


def test_nothing_but_bad_rows(tmp_path: Path, train_here: Train) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    (folder / "broken.mp4").write_bytes(b"no")
    write_table(folder, [("broken.mp4", "x")])
    run = make_run(tmp_path / "logs", folder)
    assert train_here(run, 1) == 1
    assert end(run)["code"] == "no_usable_clips"
    assert "broken.mp4" in end(run)["message"]


def test_a_step_that_is_not_finite_is_skipped_and_shown(
    logs: Path, data: Path, train_here: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_passes(monkeypatch, {3})
    run = make_run(logs, data, "nan-once", max_steps=5, save_steps=1)
    assert train_here(run, 1) == 0
    third = events(run, kind="step")[2]
    assert third["nonfinite"].keys() == {"train/loss", "train/grad_norm"}
    assert "train/loss" not in third["values"]
    (warning,) = [event for event in warnings(run) if event["code"] == "nonfinite_step"]
    assert warning["details"]["step"] == 3
    assert warning["details"]["videos"][0] in warning["message"]
    assert loaded(run, 3) == loaded(run, 2) != loaded(run, 4)
    assert set(events(run, kind="step")[3]["values"]) >= {"train/loss", "train/grad_norm"}


def test_five_in_a_row_end_the_run(logs: Path, data: Path, train_here: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    break_passes(monkeypatch, set(range(2, 100)))
    run = make_run(logs, data, "nan-for-ever", max_steps=50)
    assert train_here(run, 1) == 1
    assert end(run)["code"] == "nonfinite_loss"
    assert "learning_rate" in end(run)["message"]
    assert events(run, kind="step")[-1]["step"] == 6


def test_an_attempt_is_never_written_twice(
    logs: Path, data: Path, train_here: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(logs, data, "twice", max_steps=1)
    run.log(1).write_text("someone's\n")
    assert train_here(run, 1) == 1
    assert "cannot be begun" in capsys.readouterr().err
    assert run.log(1).read_text() == "someone's\n"


def test_a_sample_that_fails_costs_no_training(
    logs: Path, data: Path, train_here: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("trainer.evaluation.samples.write_video", full)
    run = make_run(logs, data, "no-samples", max_steps=2)
    assert train_here(run, 1) == 0
    (warning,) = warnings(run)
    assert warning["code"] == "sample_failed"
    assert "2 of 2" in warning["message"]
    assert "No space left" in warning["message"]
    assert events(run, kind="sample") == []


@pytest.fixture(scope="module")
def real_clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from loradeck.demo_clips import cut_clips

    return cut_clips(tmp_path_factory.mktemp("real") / "clips")


def test_a_lora_on_real_clips_lowers_the_fixed_loss_by_a_fifth(
    tmp_path: Path, real_clips: Path, train_here: Train
) -> None:
    settings = {"height": 64, "width": 96, "num_frames": 9, "lora_rank": 32, "max_steps": 60, "eval_samples": 4}
    run = make_run(tmp_path, real_clips, **settings)
    assert train_here(run, 1) == 0
    first, *_, last = [event["values"]["eval/loss"] for event in events(run, kind="eval")]
    assert last < 0.8 * first, f"{first} -> {last}"
