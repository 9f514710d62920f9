"""Ranks that reach each other, and one that is held back: it is named within the limit."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.check_tasks import make_task, processes, started
from tests.harness.waiting import DEADLINE_S, stretched, until
from trainer.preflight.checks import ALL_REDUCE, CHECKS, DEVICES, PAIRS, Finding
from trainer.preflight.rank_checks import PATIENCE_S, RankProcesses
from trainer.preflight.rank_process import pairs, stages


@pytest.fixture
def rank_processes() -> Iterator[RankProcesses]:
    made = RankProcesses(2, [])
    yield made
    made.end()


def pids(rank_processes: RankProcesses) -> list[int]:
    return [rank.process.pid for rank in rank_processes._ranks]


def nothing() -> None:
    pass


def test_each_two_ranks_send_in_both_directions() -> None:
    assert pairs(3) == [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)]
    assert stages(2) == ["start", "device", "group", "0>1", "1>0", "all_reduce", "done"]


def test_two_ranks_reach_each_other_and_are_gone_afterwards(rank_processes: RankProcesses) -> None:
    for check in (DEVICES, PAIRS, ALL_REDUCE):
        finding = rank_processes.wait_for(check, 60, nothing)
        assert finding.standing == "ok", finding
    rank_processes.end()
    for pid in pids(rank_processes):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.parametrize("held_back", [0, 1])
def test_a_rank_that_is_held_back_is_named_within_the_limit(rank_processes: RankProcesses, held_back: int) -> None:
    os.kill(pids(rank_processes)[held_back], signal.SIGSTOP)
    began = time.monotonic()
    finding = rank_processes.wait_for(DEVICES, 15, nothing)
    assert 15 <= time.monotonic() - began < 15 + stretched(2)
    assert (finding.standing, finding.code) == ("failure", "rank_missing")
    assert finding.found.startswith(f"Rank {held_back} did not reach its device within 15 s")


def test_who_waits_is_more_patient_than_who_watches() -> None:
    """Or the rank that has waited for one that is held back would be named in its place."""
    assert max(check.limit_s for check in CHECKS) * 2 < PATIENCE_S


def test_one_that_is_held_back_later_is_named_as_well() -> None:
    for _ in range(5):  # on a busy machine it may be through before it is seen to have begun
        rank_processes = RankProcesses(2, [])
        try:
            finding = held_back_later(rank_processes)
        finally:
            rank_processes.end()
        if finding.standing != "ok":
            break
    assert finding.code == "rank_missing", "whichever stage it had come to"
    assert finding.found.startswith("Rank 1 did not reach")


def held_back_later(rank_processes: RankProcesses) -> Finding:
    stopped = []

    def hold_back() -> None:
        if not stopped and rank_processes._ranks[1].at >= 1:
            os.kill(pids(rank_processes)[1], signal.SIGSTOP)
            stopped.append(rank_processes._ranks[1].at)

    devices = rank_processes.wait_for(DEVICES, 60, hold_back)
    return rank_processes.wait_for(PAIRS, 5, hold_back) if devices.standing == "ok" else devices


def test_a_rank_that_dies_is_named_with_its_signal(rank_processes: RankProcesses) -> None:
    os.kill(pids(rank_processes)[1], signal.SIGKILL)
    finding = rank_processes.wait_for(DEVICES, 60, nothing)
    assert (finding.standing, finding.code) == ("failure", "rank_died")
    assert finding.found.startswith("Rank 1 ended with signal 9")


def test_a_whole_check_names_the_rank_and_ends(data: Path, tmp_path: Path) -> None:
    task = make_task(tmp_path, data, {"devices": 12}, num_processes=2)
    mark = f"CHECK_OF={os.urandom(4).hex()}"

    def rank_1() -> list[int]:
        return processes("trainer.preflight.rank_process", "RANK=1", mark)

    with started(task, dict([mark.split("=")])) as process:
        os.kill(until(rank_1, process=process)[0], signal.SIGSTOP)
        stopped_at = time.monotonic()
        assert process.wait(DEADLINE_S) == 0
        assert time.monotonic() - stopped_at < 12 + stretched(4)
        assert processes(mark) == [], "the one that was held back, too"
    found = {fact["name"]: fact for fact in task.read()[0] if fact["type"] == "check"}
    assert found["devices"]["code"] == "rank_missing"
    assert found["devices"]["found"].startswith("Rank 1 did not reach its device within 12 s")
    assert found["pairs"]["standing"] == found["all_reduce"]["standing"] == "skipped"
