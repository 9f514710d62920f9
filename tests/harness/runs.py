"""Runs to test with: clips that are made up in a moment, run folders, and the launcher's command for their ranks."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import safetensors.torch

from tests.harness.waiting import DEADLINE_S
from trainer.contract.config import load_config
from trainer.contract.rundir import RunDir
from trainer.supervision import launcher

REPOSITORY = Path(__file__).parents[2]
ACCEPTANCE = REPOSITORY.parent / "shared" / "acceptance" / "check_run_folder.py"

SMALL: dict[str, Any] = {
    "model": "tiny-wan",
    "height": 64,
    "width": 64,
    "num_frames": 5,
    "extra_inputs": "input_image",
    "dataset_repeat": 10,
    "num_epochs": 4,
    "max_steps": 4,
    "lora_rank": 4,
    "learning_rate": 1e-3,
    "warmup_steps": 2,
    "use_gradient_checkpointing": False,
    "save_steps": 1000,
    "eval_steps": 1000,
    "eval_samples": 2,
    "sample_steps": 1000,
    "sample_prompts": ["a ball"],
    "sample_num_inference_steps": 2,
    "sample_cfg_scale": 1.0,
}

Event = dict[str, Any]
Train = Callable[[RunDir, int], int]
"""Trains an attempt in the test's process: see the fixture `train_here`."""


def write_clip(path: Path, frames: int = 9, height: int = 64, width: int = 80, shade: int = 0) -> None:
    """A square that moves to the right."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=16)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            image = np.full((height, width, 3), 30 + shade, np.uint8)
            left = number * (width - 24) // frames
            image[16:40, left : left + 24] = (200, 220 - shade, 60)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))


def write_table(folder: Path, rows: Sequence[tuple[str, str]]) -> None:
    with open(folder / "metadata.csv", "w", newline="") as file:
        csv.writer(file).writerows([("video", "prompt"), *rows])


def make_data(folder: Path, clips: int = 4) -> Path:
    folder.mkdir(parents=True)
    for number in range(clips):
        write_clip(folder / f"clip-{number}.mp4", shade=40 * number)
    write_table(folder, [(f"clip-{number}.mp4", f"a square of kind {number}") for number in range(clips)])
    return folder


def make_run(logs: Path, data: Path, name: str = "run", **settings: Any) -> RunDir:
    """A run folder with its config, SMALL but for `settings`."""
    run = RunDir(logs / name)
    run.path.mkdir(parents=True)
    configure(run, data, name=name, **settings)
    return run


def configure(run: RunDir, data: Path, **settings: Any) -> None:
    run.config.write_text(json.dumps(SMALL | {"dataset_base_path": str(data)} | settings))


def launch(run: RunDir, attempt: int, entry: str | None = None) -> subprocess.Popen[bytes]:
    """The ranks of the attempt, started as the shim starts them. `entry` is run in the place of trainer.train."""
    ranks = launcher.rank_count(load_config(run.config), [])
    command = launcher.command(run, attempt, ranks)
    if entry is not None:
        command[command.index("trainer.train")] = entry
    with open(run.text_log(attempt), "wb") as log:
        environment = launcher.environment(ranks, []) | {"PYTHONPATH": str(REPOSITORY)}
        return subprocess.Popen(command, stdout=log, stderr=log, cwd=REPOSITORY, env=environment)


def finish(run: RunDir, attempt: int, process: subprocess.Popen[bytes]) -> int:
    """Wait for the ranks' end. Their exit code."""
    try:
        return process.wait(DEADLINE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(run.text_log(attempt).read_text()[-3000:]) from None


def events(run: RunDir, attempt: int = 1, kind: str | None = None, rank: int = 0) -> list[Event]:
    """The whole lines of a log so far, all of them or those of one type."""
    try:
        lines = run.log(attempt, rank).read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    found = [json.loads(line) for line in lines]
    return [event for event in found if kind is None or event["type"] == kind]


def end(run: RunDir, attempt: int = 1) -> Event:
    (event,) = events(run, attempt, "end")
    return event


def curve(run: RunDir, attempt: int = 1) -> dict[int, tuple[Any, Any, Any]]:
    """By step: loss, gradient norm and learning rate, as logged."""
    found = {}
    for event in events(run, attempt, "step"):
        values = event["values"] | event.get("nonfinite", {})
        found[event["step"]] = (values["train/loss"], values["train/grad_norm"], values["train/lr"])
    return found


def loaded(run: RunDir, step: int) -> dict[str, bytes]:
    """The LoRA's tensors at `step`, byte for byte; the file's metadata names the run and so differs."""
    tensors = safetensors.torch.load_file(run.checkpoints / f"step-{step}" / "lora.safetensors")
    return {name: tensor.numpy().tobytes() for name, tensor in tensors.items()}


def optimizer_file(run: RunDir, step: int) -> bytes:
    return (run.checkpoints / f"step-{step}" / "optimizer.safetensors").read_bytes()


def warnings(run: RunDir, attempt: int = 1, rank: int = 0) -> list[Event]:
    """Read the warnings of a log, but the one that this machine's disk is slow, as it is while much else is written."""
    return [event for event in events(run, attempt, "warning", rank) if event["code"] != "check_write_speed"]


def codes(run: RunDir, attempt: int = 1) -> list[str]:
    """List the codes of the warnings, in their order."""
    return [event["code"] for event in warnings(run, attempt)]


def check_folder(run: RunDir, *options: str) -> None:
    """The check that is not ours, where it is at hand."""
    if ACCEPTANCE.exists():
        command = [sys.executable, str(ACCEPTANCE), str(run.path), *options]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stdout


def break_passes(monkeypatch: pytest.MonkeyPatch, passes: set[int], kind: str = "nan") -> None:
    """Let these passes, counted from 1, be as `faulty` says; until the test's end."""
    from tests.harness import faulty_trainer
    from trainer.models.wan import lora_module

    monkeypatch.setattr(lora_module.LoraModule, "forward", lora_module.LoraModule.forward)
    faulty_trainer.install(kind, 0, passes)
