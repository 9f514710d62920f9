"""SIGKILL at random moments, saves included: the resumed run is to the bit what the unbroken run was."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.runs import REPOSITORY, curve, end, events, loaded, make_run, optimizer_file
from tests.harness.waiting import DEADLINE_S
from trainer.contract.rundir import RunDir

KILLS = 20
STEPS = 24
SETTINGS = {
    "max_steps": STEPS,
    "save_steps": 2,
    "eval_steps": 4,
    "keep_checkpoints": 2,
    "gradient_accumulation_steps": 2,
    "sample_prompts": [],
}


class Attempts:
    """The process of `tests.harness.forked_attempts`."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.harness.forked_attempts"]
        environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "ACCELERATE_USE_CPU": "true"}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=REPOSITORY, env=environment)

    def run(self, run: RunDir, attempt: int, kill_after_s: float | None = None, die_at: int | None = None) -> int:
        """Run an attempt to its end, or to its death. Its exit code, minus the signal."""
        assert self._process.stdin
        asked = {"run": str(run.path), "attempt": attempt, "text_log": str(run.text_log(attempt)), "die_at": die_at}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        pid = self._read()
        timer = None if kill_after_s is None else threading.Timer(kill_after_s, os.kill, (pid, signal.SIGKILL))
        if timer is not None:
            timer.start()
        code = self._read()
        if timer is not None:
            timer.cancel()
        return code

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(DEADLINE_S)
        self._process.stdout.close()

    def _read(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())


@pytest.fixture
def attempts() -> Iterator[Attempts]:
    found = Attempts()
    yield found
    found.close()


def test_twenty_kills_change_nothing(data: Path, attempts: Attempts) -> None:
    logs = data.parent / "kills"
    whole = make_run(logs, data, "unbroken", **SETTINGS)
    attempts.run(whole, 1)
    began = time.monotonic()
    whole = make_run(logs, data, "unbroken-and-cached", **SETTINGS)
    assert attempts.run(whole, 1) == 0, whole.text_log(1).read_text()[-3000:]
    whole_s = time.monotonic() - began

    seed = random.randrange(2**32)
    print(f"seed {seed}; an unbroken run takes {whole_s:.1f} s")
    draw = random.Random(seed)
    killed = killed_in_a_save = number = 0
    while killed < KILLS:
        number += 1
        run = make_run(logs, data, f"killed-{number}", **SETTINGS)
        attempt = code = 0
        while code != 0 or attempt == 0:
            attempt, before = attempt + 1, half_done(run)
            if killed == KILLS:
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
