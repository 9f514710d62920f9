"""What `make demo ARGS=--exit` runs once everything is installed: the promise of the README's first command."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.harness.loradeck_up import check_run_folder, processes
from trainer.contract import events


def test_the_demo_trains_a_lora_that_learns_its_clips(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "loradeck", "demo", "--exit", "--port", "0"]
    command += ["--logs-dir", str(tmp_path / "logs"), "--state-dir", str(tmp_path / "state")]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=480)
    finally:
        for pid in processes(str(tmp_path)):
            os.kill(pid, signal.SIGKILL)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"First step after", done.stdout)
    print(done.stdout)

    (folder,) = [path for path in (tmp_path / "logs").iterdir() if (path / "config.json").exists()]
    check_run_folder(folder, "--ended", "succeeded")
    found = [events.decode(line) for line in (folder / "1.jsonl").read_bytes().splitlines()]
    losses = [event.values["eval/loss"] for event in found if isinstance(event, events.Eval)]
    steps = [event.step for event in found if isinstance(event, events.Step)]
    assert steps == list(range(1, steps[-1] + 1))
    assert len(steps) >= 200
    assert losses[-1] <= 0.8 * losses[0], losses
    samples = [event for event in found if isinstance(event, events.Sample)]
    assert {sample.what for sample in samples} == {"lora", "base"}
    assert any(isinstance(event, events.Checkpoint) for event in found)
    clips = {row.split(",")[0] for row in (tmp_path / "state" / "demo-clips" / "metadata.csv").read_text().split("\n")}
    assert len(clips) > 8
    assert json.loads((folder / "exit.json").read_text())["exit_code"] == 0
