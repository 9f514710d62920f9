"""Attempts on hardware that is too small, too old or short of memory: refused or made up for, in a sentence."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.harness.runs import (
    REPOSITORY,
    Train,
    break_passes,
    check_folder,
    codes,
    curve,
    end,
    events,
    loaded,
    make_run,
    warnings,
)


def one_gpu(folder: Path, capability: str, memory_mib: int = 80000) -> str:
    """A search path on which `nvidia-smi` tells of one GPU."""
    tool = folder / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\necho '0, GPU-1, NVIDIA X, {capability}, {memory_mib}'\n")
    tool.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.parametrize(("settings", "ranks"), [({"num_processes": 2}, {}), ({}, {"LOCAL_WORLD_SIZE": "3"})])
def test_more_ranks_than_gpus_are_refused_before_torch(
    data: Path, tmp_path: Path, settings: dict[str, Any], ranks: dict[str, str]
) -> None:
    run = make_run(tmp_path, data, **settings)
    clean = {name: value for name, value in os.environ.items() if name != "ACCELERATE_USE_CPU"}
    line = [sys.executable, "-X", "importtime", "-m", "trainer.train", str(run.path), "1"]
    done = subprocess.run(
        line,
        cwd=REPOSITORY,
        env=clean | ranks | {"PATH": one_gpu(tmp_path, "9.0"), "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert end(run)["code"] == "too_few_gpus"
    assert " torch" not in done.stderr, "refused before it was imported"
    check_folder(run, "--ended", "failed")


def test_a_card_that_torch_does_not_drive_is_refused_before_a_model_is_loaded(
    data: Path, tmp_path: Path, train_here: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", one_gpu(tmp_path, "7.0"))
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: ["sm_75", "sm_90"])
    run = make_run(tmp_path, data)
    assert train_here(run, 1) == 1
    assert end(run)["code"] == "gpu_too_old"
    assert "constraints-volta.txt" in end(run)["message"]
    assert {event["phase"] for event in events(run, kind="phase")} == {"load"}


def test_what_cannot_fit_is_refused_before_a_model_is_loaded(
    data: Path, tmp_path: Path, train_here: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", one_gpu(tmp_path, "9.0", memory_mib=8000))
    run = make_run(tmp_path, data, model="wan2.2-ti2v-5b", height=480, width=832, num_frames=81)
    assert train_here(run, 1) == 1
    assert end(run)["code"] == "does_not_fit"
    assert "even with every block recomputed, and the GPU has 8.4 GB" in end(run)["message"]
    assert {event["phase"] for event in events(run, kind="phase")} == {"load"}


def test_the_memory_that_a_step_will_take_is_told_first(
    logs: Path, data: Path, tmp_path: Path, train_here: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", one_gpu(tmp_path, "9.0"))
    run = make_run(logs, data, "planned", max_steps=1, warmup_steps=1, sample_prompts=[])
    assert train_here(run, 1) == 0
    items = [event["item"] for event in events(run, kind="phase") if "item" in event]
    assert items[0].startswith("planned: a step takes about 0.5 GB with every block recomputed")
    assert codes(run) == ["gpu_unseen"], "the GPU is made up, and torch does not see it"


def test_a_step_without_enough_memory_is_done_again(
    logs: Path, data: Path, train_here: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = make_run(logs, data, "enough-memory", max_steps=4, gradient_accumulation_steps=3)
    assert train_here(whole, 1) == 0
    break_passes(monkeypatch, {5}, "memory")
    run = make_run(logs, data, "short-of-memory", max_steps=4, gradient_accumulation_steps=3)
    assert train_here(run, 1) == 0
    assert curve(run) == curve(whole)
    assert loaded(run, 4) == loaded(whole, 4)
    (warning,) = warnings(run)
    assert warning["code"] == "out_of_memory"
    details = warning["details"]
    assert (details["step"], details["rank"], details["latents_BCFHW"]) == (2, 0, [1, 48, 2, 4, 4])
    assert f"{details['videos'][0]} (latents 1x48x2x4x4)" in warning["message"]
    assert "all 4 blocks" in warning["message"]
    check_folder(run, "--steps", "4", "--ended", "succeeded")


def test_memory_that_runs_out_again_ends_the_run(
    logs: Path, data: Path, train_here: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_passes(monkeypatch, {3, 4}, "memory")
    run = make_run(logs, data, "out-of-memory", max_steps=4)
    assert train_here(run, 1) == 1
    assert (end(run)["reason"], end(run)["code"]) == ("failed", "out_of_memory")
    assert "step 3 at clip-" in end(run)["message"]
    assert "fewer frames" in end(run)["message"]
    assert codes(run) == ["out_of_memory"]
