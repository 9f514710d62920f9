"""An fp16 base with a scaled loss, as on cards without bf16; here it is forced on the CPU."""

import shutil
from pathlib import Path

import pytest
import safetensors.torch
import torch

from tests.harness.runs import Train, configure, curve, end, events, loaded, make_run, optimizer_file
from tests.trainer.test_train import codes
from trainer.contract.config import RunConfig
from trainer.contract.rundir import RunDir
from trainer.models.wan import pipeline
from trainer.optim import loss_scale
from trainer.optim.loss_scale import LossScale


def scales(run: RunDir, attempt: int = 1) -> list[float]:
    return [event["values"]["train/loss_scale"] for event in events(run, attempt, "step")]


def test_fp16_learns_what_fp32_does_and_resumes_to_the_bit(logs: Path, data: Path, train_here: Train) -> None:
    settings = {"max_steps": 6, "gradient_accumulation_steps": 2, "sample_prompts": []}
    exact = make_run(logs, data, "fp32", **settings)
    assert train_here(exact, 1) == 0
    assert "train/loss_scale" not in events(exact, kind="step")[0]["values"]
    whole = make_run(logs, data, "fp16", **settings | {"mixed_precision": "fp16", "sample_prompts": ["a ball"]})
    assert train_here(whole, 1) == 0
    assert codes(whole) == [], "the samples are drawn, too"
    assert scales(whole) == [loss_scale.INITIAL] * 6
    for step, (loss, norm, rate) in curve(exact).items():
        assert curve(whole)[step] == (pytest.approx(loss, rel=0.02), pytest.approx(norm, rel=0.1), rate)
    file = safetensors.torch.load_file(whole.checkpoints / "step-6" / "lora.safetensors")
    assert {tensor.dtype for tensor in file.values()} == {torch.float32}
    halves = make_run(logs, data, "fp16-halves", **settings | {"mixed_precision": "fp16", "max_steps": 3})
    assert train_here(halves, 1) == 0
    configure(halves, data, **settings, mixed_precision="fp16")
    assert train_here(halves, 2) == 0
    assert curve(halves, 1) | curve(halves, 2) == curve(whole)
    assert (optimizer_file(halves, 6), loaded(halves, 6)) == (optimizer_file(whole, 6), loaded(whole, 6))


def test_a_scale_too_high_is_lowered_and_its_steps_are_no_failures(
    logs: Path, data: Path, train_here: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss_scale, "INITIAL", 2.0**30)
    monkeypatch.setattr(loss_scale, "DOUBLED_AFTER", 3)
    run = make_run(logs, data, "overflow", mixed_precision="fp16", max_steps=16, save_steps=4, sample_prompts=[])
    assert train_here(run, 1) == 0
    skipped = [event["step"] for event in events(run, kind="step") if "train/grad_norm" in event.get("nonfinite", {})]
    assert skipped[:6] == [1, 2, 3, 4, 5, 6], "more than end a run whose loss is not finite"
    assert len(skipped) < 14
    assert all("train/loss" in event["values"] for event in events(run, kind="step"))
    assert codes(run) == []
    expected, good = [2.0**30], 0
    for step in range(1, 16):
        good = 0 if step in skipped else good + 1
        expected.append(expected[-1] / 2 if step in skipped else expected[-1] * 2 if good == 3 else expected[-1])
        good %= 3
    assert scales(run) == expected
    for step in (12, 16):
        shutil.rmtree(run.checkpoints / f"step-{step}")
    assert train_here(run, 2) == 0
    assert scales(run, 2) == expected[8:]
    assert curve(run, 2).items() <= curve(run).items()


def test_at_its_floor_an_overflow_is_a_failure(
    logs: Path, data: Path, train_here: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss_scale, "INITIAL", 2.0**40)
    monkeypatch.setattr(loss_scale, "FLOOR", 2.0**39)
    run = make_run(logs, data, "floor", mixed_precision="fp16", max_steps=16, sample_prompts=[])
    assert train_here(run, 1) == 1
    assert end(run)["code"] == "nonfinite_loss"
    assert "mixed_precision to fp32" in end(run)["message"]
    assert len(curve(run)) == 6, "one that lowered the scale, five that could not"


def test_the_scale_survives_its_state() -> None:
    scale, other = LossScale(), LossScale()
    assert scale.lower()
    scale.passed()
    other.load_state(scale.state())
    assert other.state() == scale.state()
    other.load_state({})
    assert other.value == loss_scale.INITIAL / 2


@pytest.mark.parametrize(
    ("device", "has_bf16", "base", "encoders"),
    [
        ("cuda", True, torch.bfloat16, torch.bfloat16),
        ("cuda", False, torch.float16, torch.float32),
        ("cpu", True, torch.float32, torch.float32),
    ],
)
def test_the_card_decides_the_format(
    config: RunConfig,
    monkeypatch: pytest.MonkeyPatch,
    device: str,
    has_bf16: bool,
    base: torch.dtype,
    encoders: torch.dtype,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: has_bf16)
    found = pipeline.base_dtype(config, torch.device(device))
    assert (found, pipeline.encoder_dtype(found)) == (base, encoders)
