import json
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.runs import REPOSITORY
from tests.harness.waiting import DEADLINE_S
from trainer.contract import events
from trainer.telemetry import step_log
from trainer.telemetry.step_log import BacklogFull, StepLog


@pytest.fixture
def log(tmp_path: Path) -> Iterator[StepLog]:
    log = StepLog.open(tmp_path / "1.jsonl", run_id="r", attempt=1, rank=0, world_size=1)
    yield log
    log.close()


def read(tmp_path: Path) -> list[events.Event]:
    return [events.decode(line) for line in (tmp_path / "1.jsonl").read_bytes().splitlines()]


def test_the_first_line_is_the_header_and_seq_has_no_gap(log: StepLog, tmp_path: Path) -> None:
    log.phase("load")
    log.step(1, 0, {"train/loss": 0.5})
    log.end("succeeded", step=1)
    found = read(tmp_path)
    assert [type(event) for event in found] == [events.Header, events.Phase, events.Step, events.End]
    assert [event.seq for event in found] == [0, 1, 2, 3]
    assert isinstance(found[0], events.Header)
    assert found[0].versions["python"]


def test_what_is_not_finite_is_named_and_never_written_as_a_number(log: StepLog, tmp_path: Path) -> None:
    log.step(1, 0, {"a": math.nan, "b": math.inf, "c": -math.inf, "d": 1})
    line = (tmp_path / "1.jsonl").read_bytes().splitlines()[-1]
    body = json.loads(line, parse_constant=pytest.fail)
    assert body["values"] == {"d": 1}
    assert body["nonfinite"] == {"a": "nan", "b": "inf", "c": "-inf"}


def test_a_log_is_never_opened_twice(log: StepLog, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        StepLog.open(tmp_path / "1.jsonl", run_id="r", attempt=1, rank=0, world_size=1)


def test_a_full_disk_costs_no_line_and_no_step(log: StepLog, tmp_path: Path) -> None:
    real = os.dup(log._fd)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, log._fd)
    for step in range(1, 51):
        log.step(step, 0, {"train/loss": 1 / step})
    assert log.waiting == 50
    os.dup2(real, log._fd)
    os.close(real)
    os.close(full)
    log.step(51, 0, {"train/loss": 0.0})
    assert log.waiting == 0
    steps = [event.step for event in read(tmp_path) if isinstance(event, events.Step)]
    assert steps == list(range(1, 52))


def test_a_disk_that_stays_full_fails_in_the_end(log: StepLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_log, "BACKLOG_LINES", 10)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, log._fd)
    os.close(full)
    for step in range(1, 11):
        log.step(step, 0, {})
    with pytest.raises(BacklogFull, match="Free some disk space"):
        log.step(11, 0, {})


def test_a_line_cut_by_the_disk_is_finished_later(tmp_path: Path) -> None:
    """The file size limit makes the kernel write half a line: a real torn line, in a process of its own."""
    command = [sys.executable, "-m", "tests.harness.torn_log", str(tmp_path / "1.jsonl")]
    subprocess.run(command, check=True, cwd=REPOSITORY, timeout=DEADLINE_S)
    assert [event.seq for event in read(tmp_path)] == [0, 1, 2, 3]


def test_a_long_phase_beats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_log, "HEARTBEAT_S", 0.05)
    with StepLog.open(tmp_path / "1.jsonl", run_id="r", attempt=1, rank=0, world_size=1) as log:
        log.enter("collective")
        deadline = time.monotonic() + 10
        while len(read(tmp_path)) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
    beats = read(tmp_path)[1:]
    assert len(beats) >= 3
    assert {event.phase for event in beats if isinstance(event, events.Phase)} == {"collective"}


def test_threads_do_not_tear_or_reorder_lines(log: StepLog, tmp_path: Path) -> None:
    def write(first: int) -> None:
        for step in range(first, first + 200):
            log.step(step, 0, {"train/loss": 0.1})

    threads = [threading.Thread(target=write, args=(k * 1000,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.seq for event in read(tmp_path)] == list(range(801))
