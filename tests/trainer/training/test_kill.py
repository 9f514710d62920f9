"""SIGKILL at random moments, saves included: the resumed run is to the bit what the unbroken run was."""

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.forked_attempts import Attempts
from tests.harness.runs import curve, end, events, loaded, make_run, optimizer_file
from trainer.contract.rundir import RunDir

KILLS, SLICE = 20, 4
"""By drill, and else with a seed that is always the same."""
SEED = 15
STEPS = 24
SETTINGS = {
    "max_steps": STEPS,
    "save_steps": 2,
    "eval_steps": 4,
    "keep_checkpoints": 2,
    "gradient_accumulation_steps": 2,
    "sample_prompts": [],
}


@pytest.fixture
def attempts() -> Iterator[Attempts]:
    found = Attempts()
    yield found
    found.close()


def test_kills_change_nothing(data: Path, attempts: Attempts, drills: bool) -> None:
    kills = KILLS if drills else SLICE
    logs = data.parent / "kills"
    whole = make_run(logs, data, "unbroken", **SETTINGS)
    attempts.run(whole, 1)
    began = time.monotonic()
    whole = make_run(logs, data, "unbroken-and-cached", **SETTINGS)
    assert attempts.run(whole, 1) == 0, whole.text_log(1).read_text()[-3000:]
    whole_s = time.monotonic() - began

    seed = random.randrange(2**32) if drills else SEED
    print(f"seed {seed}; an unbroken run takes {whole_s:.1f} s")
    draw = random.Random(seed)
    killed = killed_in_a_save = number = 0
    while killed < kills:
        number += 1
        run = make_run(logs, data, f"killed-{number}", **SETTINGS)
        attempt = code = 0
        while code != 0 or attempt == 0:
            attempt, before = attempt + 1, half_done(run)
            if killed == kills:
                code = attempts.run(run, attempt)
            elif draw.random() < 0.5:
                code = attempts.run(run, attempt, kill_after_s=draw.uniform(0, whole_s))
            else:
                code = attempts.run(run, attempt, die_at=draw.randint(1, 60))
            assert code in (0, -signal.SIGKILL), run.text_log(attempt).read_text()[-3000:]
            killed += code != 0
            assert all(whole_files(path) for path in run.checkpoints.glob("step-*")), f"attempt {attempt}"
            killed_in_a_save += not half_done(run) <= before
        assert_as_unbroken(run, attempt, whole)
    print(f"{killed} kills over {number} runs, {killed_in_a_save} of them in a save")
    assert killed_in_a_save


def half_done(run: RunDir) -> set[int]:
    """The hidden folders among the checkpoints, by inode: something is being saved, or removed."""
    return {path.stat().st_ino for path in run.checkpoints.glob(".step-*")}


def whole_files(path: Path) -> bool:
    return {"lora.safetensors", "optimizer.safetensors", "position.json"} <= {file.name for file in path.iterdir()}


def assert_as_unbroken(run: RunDir, attempts: int, whole: RunDir) -> None:
    assert end(run, attempts)["reason"] == "succeeded"
    unbroken, steps = curve(whole), set()
    for attempt in range(1, attempts + 1):
        begun = curve(run, attempt)
        assert begun == {step: unbroken[step] for step in begun}, f"attempt {attempt}"
        steps |= begun.keys()
    assert steps == set(range(1, STEPS + 1))
    assert (loaded(run, STEPS), optimizer_file(run, STEPS)) == (loaded(whole, STEPS), optimizer_file(whole, STEPS))
    evaluations = [event for attempt in range(1, attempts + 1) for event in events(run, attempt, "eval")]
    assert {(event["step"], event["values"]["eval/loss"]) for event in evaluations} == {
        (event["step"], event["values"]["eval/loss"]) for event in events(whole, 1, "eval")
    }
    assert not list(run.path.rglob(".*")), "nothing temporary is left"
