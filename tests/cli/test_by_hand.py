"""`python -m trainer run` and `resume`, with a small child in the trainer's place."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.harness.waiting import DEADLINE_S, until
from trainer.contract.rundir import RunDir, StopRequest

CHILD = """
import sys, time
from pathlib import Path
from trainer.contract.messages import Message
from trainer.contract.rundir import RunDir
from trainer.telemetry.step_log import StepLog
run, attempt = RunDir(Path(sys.argv[1])), int(sys.argv[2])
log = StepLog.open(run.log(attempt), run_id=run.run_id, attempt=attempt, rank=0, world_size=1)
log.phase("cache", done=1, total=2, item="a clip")
time.sleep(2 * {step_s})
log.phase("train", done=0, total={steps})
for step in range(1, {steps} + 1):
    if run.stop_requested(attempt):
        log.end("stopped", Message("stop_requested", ""), step=step - 1)
        break
    log.step(step, 0, {{"train/loss": 1 / step}})
    time.sleep({step_s})
else:
    log.end("succeeded", step={steps})
log.close()
"""
TRAINER = """
import sys
from trainer.supervision import launcher
launcher.command = lambda run, attempt, ranks: [sys.executable, "-c", {child!r}, str(run.path), str(attempt)]
from trainer.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def trainer(*args: str, child: str = "", out: Path | None = None) -> "subprocess.Popen[bytes]":
    stdout = open(out, "wb") if out else subprocess.PIPE  # noqa: SIM115 -- closed below
    try:
        argv = [sys.executable, "-c", TRAINER.format(child=child), *args]
        return subprocess.Popen(argv, stdout=stdout, stderr=subprocess.STDOUT, start_new_session=True)
    finally:
        if out:
            stdout.close()  # type: ignore[union-attr]


def finish(process: "subprocess.Popen[bytes]") -> tuple[int, str]:
    output, _ = process.communicate(timeout=DEADLINE_S)
    return process.returncode, output.decode()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"name": "By hand", "dataset_base_path": "clips"}))
    return path


def only_run(logs: Path) -> RunDir:
    (folder,) = logs.iterdir()
    return RunDir(folder)


def test_a_run_by_hand_makes_its_folder_shows_its_progress_and_ends_with_0(tmp_path: Path, config: Path) -> None:
    logs = tmp_path / "logs"
    child = CHILD.format(steps=3, step_s=0.3)
    status, output = finish(trainer("run", str(config), "--logs-dir", str(logs), child=child))
    assert status == 0, output
    assert "cache 1/2 · a clip" in output
    assert re.search(r"step \d/3 · loss \d\.\d{4}", output)
    assert output.splitlines()[-1] == "The run succeeded at step 3."
    run = only_run(logs)
    assert run.run_id.startswith("by-hand-")
    assert json.loads(run.config.read_text())["dataset_base_path"] == str(Path.cwd() / "clips")


def test_a_failure_shows_the_last_lines_and_ends_with_1(tmp_path: Path, config: Path) -> None:
    child = "raise SystemExit('no such GPU')"
    status, output = finish(trainer("run", str(config), "--logs-dir", str(tmp_path / "logs"), child=child))
    assert status == 1
    assert output.endswith("The run failed with exit code 1. Its last lines:\nno such GPU\n")


def test_ctrl_c_asks_it_to_stop_and_resume_goes_on_as_the_next_attempt(tmp_path: Path, config: Path) -> None:
    logs, out = tmp_path / "logs", tmp_path / "out"
    process = trainer("run", str(config), "--logs-dir", str(logs), child=CHILD.format(steps=900, step_s=0.1), out=out)
    until(lambda: "/900 · loss" in out.read_text())
    process.send_signal(signal.SIGINT)
    assert process.wait(DEADLINE_S) == 1
    assert "Stopping: the step is finished and saved first." in out.read_text()
    assert "The run was stopped at step" in out.read_text()
    run = only_run(logs)
    exit = run.read_exit()
    assert exit is not None
    assert (exit.exit_code, exit.stop_requested) == (0, True)

    status, output = finish(trainer("resume", str(run.path), child=CHILD.format(steps=2, step_s=0)))
    assert status == 0, output
    assert run.attempts() == [1, 2]
    status, output = finish(trainer("resume", str(run.path)))
    assert (status, output) == (2, f"{run.run_id} has succeeded; nothing is left to do. Start a new run.\n")


def test_ctrl_c_again_and_again_ends_even_a_deaf_run(tmp_path: Path, config: Path) -> None:
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    logs, out = tmp_path / "logs", tmp_path / "out"
    process = trainer("run", str(config), "--logs-dir", str(logs), child=deaf, out=out)
    until(lambda: logs.exists() and any(log.read_text() for log in logs.glob("*/1.log")))
    for answer in ("Stopping", "Sent SIGTERM", "Killing"):
        process.send_signal(signal.SIGINT)
        until(lambda: answer in out.read_text())  # noqa: B023
        if answer == "Sent SIGTERM":
            until(lambda: "sigterm_sent" in only_run(logs).log(1, -1).read_text())
    assert process.wait(DEADLINE_S) == 1
    exit = only_run(logs).read_exit()
    assert exit is not None
    assert exit.killed


def test_a_run_goes_on_when_its_terminal_is_gone(tmp_path: Path, config: Path) -> None:
    logs, out = tmp_path / "logs", tmp_path / "out"
    process = trainer("run", str(config), "--logs-dir", str(logs), child=CHILD.format(steps=900, step_s=0.1), out=out)
    until(lambda: "/900 · loss" in out.read_text())
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    run = only_run(logs)
    status, output = finish(trainer("resume", str(run.path)))
    assert (status, output) == (2, f"{run.run_id} is running already. Stop it first, or wait for its end.\n")
    run.write_stop(StopRequest(attempt=1, requested_at=time.time()))
    exit = until(run.read_exit)
    assert (exit.exit_code, exit.stop_requested) == (0, True)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '{"dataset_base_path": "x", "lora_rnk": 4}',
            "lora_rnk: There is no setting lora_rnk. Did you mean lora_rank?",
        ),
        ("{", "{path} is not readable JSON"),
        ('{"dataset_base_path": "x", "height": 100}', "height: height is 100, which 32 does not divide."),
        (None, "There is no config at {path}. Check the path."),
    ],
)
def test_a_mistake_in_the_config_is_one_sentence(tmp_path: Path, text: str | None, sentence: str) -> None:
    path = tmp_path / "config.json"
    if text is not None:
        path.write_text(text)
    logs = tmp_path / "logs"
    status, output = finish(trainer("run", str(path), "--logs-dir", str(logs)))
    assert status == 2
    assert output.startswith(sentence.replace("{path}", str(path)))
    assert output.count("\n") == 1
    assert not logs.exists()


def test_what_is_no_run_folder_cannot_be_resumed(tmp_path: Path) -> None:
    status, output = finish(trainer("resume", str(tmp_path)))
    assert (status, output.count("\n")) == (2, 1)
    assert output.startswith(f"{tmp_path} is not a run folder")


def test_logs_that_cannot_be_written_are_one_sentence(config: Path) -> None:
    status, output = finish(trainer("run", str(config), "--logs-dir", "/dev/null/logs"))
    assert (status, output.count("\n")) == (2, 1)
    assert "Not a directory" in output
