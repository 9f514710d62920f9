"""Under a live run its code is replaced, as `git pull` does, and a new backend and a new agent take over."""

import shutil
import time
from collections.abc import Callable
from typing import Any

from tests.harness.waiting import until
from tests.upgrade.answers import answers, assert_equal
from tests.upgrade.code import Code, pull_into
from tests.upgrade.installation import Installation
from tests.upgrade.material import SETTINGS, STEPS
from tests.upgrade.run_folder import RunFolder, assert_same_training


def test_a_live_run_is_watched_stopped_and_resumed_to_the_bit(
    old: Code, config: dict[str, Any], deck: Installation, unbroken: Callable[[], RunFolder]
) -> None:
    checkout = Code(deck.folder / "checkout")
    shutil.copytree(old.root, checkout.root)
    # With all clips cached the rank loads the VAE for its first sample video, when its code has been replaced.
    shutil.copytree(unbroken().path.parent / ".cache", deck.logs_dir / ".cache")
    cached = deck.cached()
    backend, agent = deck.start_backend(checkout), deck.start_agent(checkout)
    run_id = deck.post("/api/runs", {"config": config})["id"]
    run = RunFolder(deck.logs_dir / run_id)
    deck.until_step(run_id, 5)
    pull_into(checkout.root)

    drawn = SETTINGS["sample_steps"]
    until(lambda: [event for event in run.events(1, "sample") if event["step"] == drawn], "the first sample video")
    deck.end(backend)
    at = run.step(1)
    until(lambda: run.step(1) > at, "a step that no backend has seen")
    with run.paused():
        assert run.checkpoints() == list(range(SETTINGS["save_steps"], drawn + 1, SETTINGS["save_steps"]))
        began = time.time()
        backend = deck.start_backend(checkout)
        assert deck.until_asked_since(began)["alive"] == [run_id], "the old agent asks on"
        deck.until_step(run_id, run.step(1))
        assert deck.served(run_id) == run.logged(1)
        run.advance(1, steps=3)
        deck.until_step(run_id, at := run.step(1))
        assert deck.served(run_id) == run.logged(1)
        deck.post(f"/api/runs/{run_id}/stop")
    stopped = deck.until_state(run_id, "stopped")
    assert at <= stopped["step"] == run.end(1)["step"] == run.checkpoints()[-1] < STEPS
    exit = run.exit()
    assert exit is not None
    assert (exit["exit_code"], exit["stop_requested"], exit["killed"]) == (0, True, False)
    assert agent.poll() is None

    deck.end(agent)
    agent = deck.start_agent(checkout)
    deck.post(f"/api/runs/{run_id}/resume")
    deck.until_state(run_id, "succeeded")
    assert_same_training(run, 2, unbroken())
    assert [step for _, step, _ in run.logged(2)] == list(range(1, STEPS + 1))
    assert deck.served(run_id) == run.logged(2)
    assert (run.encoded_clips(1), run.encoded_clips(2)) == (0, 0)
    assert deck.cached() == cached

    followed = answers(deck.get)
    deck.end(agent)
    deck.end(backend)
    deck.rebuild(checkout)
    deck.start_backend(checkout)
    assert_equal(followed, answers(deck.get))
