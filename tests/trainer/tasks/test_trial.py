"""A trial as its task's own process does it: real steps of tiny-wan, on the CPU."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.harness.runs import SMALL, write_clip, write_table
from tests.harness.waiting import DEADLINE_S, stretched, until
from trainer.contract.tasks import TaskDir


def begin(tmp_path: Path, data: Path, **settings: Any) -> "tuple[TaskDir, subprocess.Popen[bytes]]":
    folder = TaskDir(tmp_path / "task")
    folder.path.mkdir()
    config = {**SMALL, "dataset_base_path": str(data), **settings}
    folder.request.write_text(json.dumps({"kind": "trial", "config": config}))
    env = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    with open(folder.text_log, "ab") as log:
        argv = [sys.executable, "-m", "trainer.tasks.runner", str(folder.path)]
        return folder, subprocess.Popen(argv, env=env, stdout=log, stderr=log)


def facts(folder: TaskDir) -> list[dict[str, Any]]:
    return folder.read()[0]


def test_twenty_steps_are_timed_and_nothing_of_them_is_left(tmp_path: Path, data: Path) -> None:
    folder, process = begin(tmp_path, data, batch_size=2, gradient_accumulation_steps=2)
    assert process.wait(DEADLINE_S) == 0
    *told, trial, end = facts(folder)
    assert end["reason"] == "succeeded", end
    assert {"cache", "text", "train"} <= {fact["phase"] for fact in told}
    assert [fact["done"] for fact in told if fact["phase"] == "train"] == list(range(1, 21))
    assert (trial["type"], trial["steps"], trial["ranks"], trial["clips"], trial["card"]) == ("trial", 15, 1, 4, "CPU")
    assert 0 < trial["low_s"] <= trial["seconds_per_step"] <= trial["high_s"] < 30
    assert trial["cache_s"] > 0
    assert trial["samples"].startswith("4 at 64x64x5")
    left = sorted(path.name for path in folder.path.iterdir())
    assert left == ["facts.jsonl", "lock", "log", "request.json"]


@pytest.mark.parametrize("by_signal", [True, False])
def test_it_leaves_promptly_when_asked(tmp_path: Path, data: Path, by_signal: bool) -> None:
    folder, process = begin(tmp_path, data)
    until(lambda: any(fact.get("phase") in ("text", "cache") for fact in facts(folder)), "its begin")
    began = time.monotonic()
    if by_signal:
        process.send_signal(signal.SIGTERM)
    else:
        folder.stop.touch()
    assert process.wait(DEADLINE_S) == 0
    assert time.monotonic() - began < stretched(5)
    last = facts(folder)[-1]
    assert last["type"] == "progress" if by_signal else last["reason"] == "stopped"
    assert not (folder.path / "trial").exists()


def test_what_goes_wrong_is_what_a_run_would_say(tmp_path: Path, data: Path) -> None:
    folder, process = begin(tmp_path, data, lora_target_modules="nothing")
    assert process.wait(DEADLINE_S) == 0
    end = facts(folder)[-1]
    assert (end["reason"], end["type"]) == ("failed", "end")
    assert "nothing" in end["message"]


def test_a_data_set_of_nothing_usable_is_said_before_anything_is_loaded(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    write_table(data, [("gone.mp4", "a ball")])
    folder, process = begin(tmp_path, data)
    assert process.wait(DEADLINE_S) == 0
    assert facts(folder)[-1]["code"] == "no_usable_clips"


def test_few_of_many_clips_are_taken(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    write_clip(data / "a.mp4")
    for number in range(30):
        (data / f"{number}.mp4").hardlink_to(data / "a.mp4")
    write_table(data, [(f"{number}.mp4", "a ball") for number in range(30)])
    folder, process = begin(tmp_path, data)
    assert process.wait(DEADLINE_S) == 0
    assert facts(folder)[-2]["clips"] == 8
