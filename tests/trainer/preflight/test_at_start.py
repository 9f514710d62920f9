"""The first phase of a run: what it tells, what ends the run, and a rank that does not come."""

import os
import re
import signal
import time
from pathlib import Path

import pytest

from tests.harness.check_tasks import SLOW_DISK, beginning, processes
from tests.harness.runs import Train, codes, end, events, finish, launch, make_run
from tests.harness.waiting import DEADLINE_S, stretched, until
from trainer.contract.rank_failures import failure_of_others
from trainer.supervision import launcher
from trainer.supervision.foreground import outcome


def phases(events_: list[dict[str, object]]) -> list[object]:
    return list(dict.fromkeys(event["phase"] for event in events_))


def test_a_run_begins_with_its_checks(logs: Path, data: Path, train_here: Train) -> None:
    run = make_run(logs, data, "checked", max_steps=1, warmup_steps=1, sample_prompts=[])
    assert train_here(run, 1) == 0
    assert phases(events(run, kind="phase"))[:2] == ["load", "preflight"]
    items = [event["item"] for event in events(run, kind="phase") if event["phase"] == "preflight"]
    assert items[0] == "Driver"
    assert "LoRA targets" in items
    assert codes(run) == []
    assert list(logs.glob(".write-speed*")) == []


def test_a_check_that_fails_ends_the_run_before_a_model_is_loaded(
    tmp_path: Path, data: Path, train_here: Train
) -> None:
    run = make_run(tmp_path, data, "wrong-targets", lora_target_modules="q,kk")
    assert train_here(run, 1) == 1
    assert end(run)["code"] == "lora_target_unknown"
    assert phases(events(run, kind="phase")) == ["load", "preflight"]


def test_a_warning_is_told_and_the_run_goes_on(
    logs: Path, data: Path, train_here: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log folder's disk takes 4 MB in 0.4 s."""
    for name, value in beginning(tmp_path, SLOW_DISK, after=None).items():
        monkeypatch.setenv(name, value)
    run = make_run(logs, data, "slow-disk", max_steps=1, warmup_steps=1, sample_prompts=[])
    assert train_here(run, 1) == 0
    (told,) = [event for event in events(run, kind="warning") if event["code"] == "check_write_speed"]
    assert re.search(r"^Write speed of the log folder: \d+ MB/s to .* faster disk\.$", told["message"])
    assert end(run)["reason"] == "succeeded"


def test_tiny_wan_needs_no_driver(logs: Path, data: Path, train_here: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(logs.parent / "no-tools"))
    monkeypatch.delenv("ACCELERATE_USE_CPU", raising=False)
    run = make_run(logs, data, "no-driver", max_steps=1, warmup_steps=1, sample_prompts=[])
    assert train_here(run, 1) == 0
    assert codes(run) == []


def test_a_driver_that_does_not_work_ends_the_run(
    tmp_path: Path, data: Path, train_here: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'Failed to initialize NVML'\nexit 9\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("ACCELERATE_USE_CPU", raising=False)
    run = make_run(tmp_path, data, "broken-driver")
    assert train_here(run, 1) == 1
    assert end(run)["code"] == "driver_broken"
    assert "Failed to initialize NVML" in end(run)["message"]


def test_a_rank_that_does_not_come_is_named_in_the_run_s_end(tmp_path: Path, data: Path) -> None:
    run = make_run(tmp_path, data, "held-back", num_processes=2)
    process = launch(run, 1)
    held: list[int] = []

    def rank_1_is_there() -> bool:
        held.extend(processes(str(run.path), "RANK=1"))
        return bool(held)

    until(rank_1_is_there, process=process)
    os.kill(held[0], signal.SIGSTOP)
    until(lambda: any(event.get("item") == "reaching the other ranks" for event in events(run)), process=process)
    waiting = time.monotonic()
    until(lambda: bool(events(run, kind="end")), process=process)
    assert time.monotonic() - waiting < 30 + stretched(3)
    assert (end(run)["reason"], end(run)["code"]) == ("failed", "rank_missing")
    assert end(run)["message"].startswith("Rank 1 did not come to the others within 30 s")
    os.kill(held[0], signal.SIGCONT)  # or torchrun waits half a minute for it
    assert finish(run, 1, process) != 0


def test_rank_0_that_does_not_come_is_named_by_the_others(tmp_path: Path, data: Path) -> None:
    """It has the run's log, and cannot write it."""
    run = make_run(tmp_path, data, "rank-0-held-back", num_processes=2)
    shim = launcher.launch(run, 1)
    held: list[int] = []

    def rank_0_is_there() -> bool:
        held.extend(processes(str(run.path), "LOCAL_RANK=0"))
        return bool(held)

    until(rank_0_is_there, process=shim)
    os.kill(held[0], signal.SIGSTOP)
    until(lambda: failure_of_others(run, 1) is not None, process=shim)
    os.kill(held[0], signal.SIGKILL)  # as torchrun would in half a minute
    shim.wait(DEADLINE_S)
    assert events(run, kind="end") == []
    succeeded, sentence = outcome(run, 1)
    assert not succeeded
    assert sentence.startswith("The run failed: Rank 1: Rank 0 did not come to the others within 30 s")
