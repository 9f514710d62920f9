"""A run folder as a test reads it: its events, its checkpoints, its process."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
import safetensors.numpy

from tests.harness.waiting import until
from tests.upgrade.processes import process_state

Event = dict[str, Any]
LEVELS = 3
"""How far the colours of a sample video may be on average, of 255, where one version tags them and another does not."""


class RunFolder:
    """One run's folder, of either code."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def events(self, attempt: int, kind: str) -> list[Event]:
        """The events of one type that rank 0 has logged so far in whole lines."""
        try:
            lines = (self.path / f"{attempt}.jsonl").read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        return [event for event in map(json.loads, lines) if event["type"] == kind]

    def step(self, attempt: int) -> int:
        """The newest step that was logged; 0 before the first."""
        steps = self.events(attempt, "step")
        return int(steps[-1]["step"]) if steps else 0

    def end(self, attempt: int) -> Event:
        (end,) = self.events(attempt, "end")
        return end

    def logged(self, attempts: int) -> list[tuple[int, int, dict[str, float]]]:
        """Every step event: its attempt, step and finite values."""
        found = [(attempt, event) for attempt in range(1, attempts + 1) for event in self.events(attempt, "step")]
        return [(attempt, event["step"], event["values"]) for attempt, event in found]

    def curve(self, attempt: int) -> dict[int, Any]:
        """By step what training computed, without what the clock says."""
        found = {}
        for event in self.events(attempt, "step"):
            values = event["values"] | event.get("nonfinite", {})
            found[event["step"]] = {name: value for name, value in values.items() if name.startswith("train/")}
        return found

    def evaluations(self, attempt: int) -> dict[int, Any]:
        return {event["step"]: event["values"] for event in self.events(attempt, "eval")}

    def checkpoints(self) -> list[int]:
        """The steps of the checkpoints that are there."""
        return sorted(int(path.name.removeprefix("step-")) for path in (self.path / "checkpoints").glob("step-*"))

    def lora(self, step: int) -> dict[str, bytes]:
        """The LoRA's tensors, byte for byte; the file's metadata names the run and so differs."""
        tensors = safetensors.numpy.load_file(self.path / "checkpoints" / f"step-{step}" / "lora.safetensors")
        return {name: tensor.tobytes() for name, tensor in tensors.items()}

    def optimizer(self, step: int) -> bytes:
        return (self.path / "checkpoints" / f"step-{step}" / "optimizer.safetensors").read_bytes()

    def samples(self) -> dict[str, Any]:
        """The frames of the sample videos as FHWC, by their files' names."""
        found = {}
        for path in (self.path / "samples").glob("*.mp4"):
            with av.open(str(path)) as container:
                found[path.name] = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
        return found

    def encoded_clips(self, attempt: int) -> int:
        """How many clips the attempt had to encode because the cache lacked them."""
        details = [event.get("details", {}) for event in self.events(attempt, "phase")]
        return sum(found.get("cached_clips", 0) for found in details)

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.path / "state.json").read_bytes())
        return found

    def exit(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = json.loads((self.path / "exit.json").read_bytes())
        except FileNotFoundError:
            return None
        return found

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Hold the rank: so it is in mid-training while the block lasts, on a slow machine, too."""
        pid = self.state()["child_pid"]
        _pause(pid)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def advance(self, attempt: int, steps: int) -> None:
        """Let a paused rank take at least so many steps more."""
        pid, before = self.state()["child_pid"], self.step(attempt)
        os.kill(pid, signal.SIGCONT)
        until(lambda: self.step(attempt) >= before + steps, f"{steps} more steps")
        _pause(pid)


def _pause(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    until(lambda: process_state(pid) == "T", "the pause")


def assert_same_training(run: RunFolder, attempts: int, whole: RunFolder) -> None:
    """Assert that a run of several attempts computed to the bit what an unbroken run did."""
    unbroken, steps, evaluations = whole.curve(1), set(), {}
    for attempt in range(1, attempts + 1):
        curve = run.curve(attempt)
        assert curve == {step: unbroken[step] for step in curve}, f"attempt {attempt}"
        steps |= curve.keys()
        evaluations |= run.evaluations(attempt)
    assert steps == unbroken.keys()
    assert evaluations == whole.evaluations(1)
    for step in whole.checkpoints():
        assert run.lora(step) == whole.lora(step), f"the LoRA at step {step}"
        assert run.optimizer(step) == whole.optimizer(step), f"the optimizer at step {step}"
    ours, theirs = run.samples(), whole.samples()
    assert ours.keys() == theirs.keys()
    for name, frames_FHWC in ours.items():  # the same pictures; a version may write them otherwise
        assert np.abs(frames_FHWC.astype(int) - theirs[name]).mean() <= LEVELS, name
    assert run.end(attempts)["reason"] == "succeeded"
