"""A new backend and a new agent take over from old ones, under a run that the old code trains."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.upgrade.answers import answers, assert_equal
from tests.upgrade.code import Code
from tests.upgrade.installation import Installation
from tests.upgrade.material import STEPS
from tests.upgrade.run_folder import RunFolder, assert_same_training
from tests.upgrade.waiting import until

pytestmark = pytest.mark.timeout(1200)


def test_a_live_run_is_watched_stopped_and_resumed_to_the_bit(
    old: Code, new: Code, config: dict[str, Any], deck: Installation, unbroken: Callable[[], RunFolder]
) -> None:
    backend, agent = deck.start_backend(old), deck.start_agent(old)
    run_id = deck.post("/api/runs", {"config": config})["id"]
    run = RunFolder(deck.logs_dir / run_id)
    deck.until_step(run_id, 5)
    assert old.runs_in(run.state()["shim_pid"])

    # The run goes on without a backend; it is held only while the new one starts.
    deck.end(backend)
    at = run.step(1)
    until(lambda: run.step(1) > at, "a step that no backend has seen")
    with run.paused():
        began = time.time()
        backend = deck.start_backend(new)
        assert new.runs_in(backend.pid)
        assert deck.until_asked_since(began)["alive"] == [run_id], "the old agent asks on"
        deck.until_step(run_id, run.step(1))
        assert deck.served(run_id) == run.logged(1)
        run.advance(1, steps=3)
        deck.until_step(run_id, run.step(1))
        assert deck.served(run_id) == run.logged(1)
        cached = deck.cached()
        deck.post(f"/api/runs/{run_id}/stop")
        at = run.step(1)
    stopped = deck.until_state(run_id, "stopped")
    assert at <= stopped["step"] <= at + 2 < STEPS
    assert run.end(1)["step"] == stopped["step"] == run.checkpoints()[-1]
    exit = run.exit()
    assert exit is not None
    assert (exit["exit_code"], exit["stop_requested"], exit["killed"]) == (0, True, False)
    assert agent.poll() is None

    deck.end(agent)
    agent = deck.start_agent(new)
    deck.post(f"/api/runs/{run_id}/resume")
    deck.until_state(run_id, "preparing")
    until(lambda: run.state()["attempt"] == 2, "the second attempt")
    assert new.runs_in(run.state()["shim_pid"])
    deck.until_state(run_id, "succeeded")
    assert_same_training(run, 2, unbroken())
    assert deck.served(run_id) == run.logged(2)
    assert [step for _, step, _ in run.logged(2)] == list(range(1, STEPS + 1))
    assert (run.encoded_clips(1), run.encoded_clips(2)) == (4, 0)
    assert deck.cached() == cached

    before = answers(deck.get)
    deck.end(agent)
    deck.end(backend)
    deck.rebuild(new)
    deck.start_backend(new)
    assert_equal(before, answers(deck.get))
