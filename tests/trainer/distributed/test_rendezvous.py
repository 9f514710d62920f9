"""Ranks that meet: two processes, of which one holds back at the stage that a test names."""

import os
import socket
import subprocess
import sys

import pytest

from tests.harness.runs import REPOSITORY
from tests.harness.waiting import DEADLINE_S

LIMIT_S = 4


def ranks(held_back: str) -> tuple[str, str, int | None]:
    """What both ranks print, and rank 0's exit code; it has to end by itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    started = []
    for rank in range(2):
        place = {"RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_RANK": str(rank), "PYTHONPATH": str(REPOSITORY)}
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "tests.harness.rendezvous_rank", held_back, str(LIMIT_S)],
                cwd=REPOSITORY,
                env=os.environ | place | {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
    try:
        if held_back == "nowhere":
            said_1, _ = started[1].communicate(timeout=DEADLINE_S)
            said_0, _ = started[0].communicate(timeout=DEADLINE_S)
        else:
            said_0, _ = started[0].communicate(timeout=DEADLINE_S)
            started[1].kill()
            said_1, _ = started[1].communicate(timeout=DEADLINE_S)
    finally:
        for process in started:
            process.kill()
    return said_0, said_1, started[0].returncode


def test_ranks_that_meet_leave_nothing_behind() -> None:
    assert ranks("nowhere") == ("met\n", "met\n", 0)


@pytest.mark.parametrize("held_back", ["connect", "check_all_reduce"])
def test_a_rank_that_is_stopped_on_the_way_is_named(held_back: str) -> None:
    said, _, code = ranks(held_back)
    assert code == 1
    assert said.startswith("rank_missing Rank 1 "), said
