"""The code is replaced under a live run, as `git pull` does in the checkout that Loradeck runs from."""

import shutil
import signal
from collections.abc import Callable
from typing import Any

import pytest

from tests.upgrade.code import Code, pull_into
from tests.upgrade.installation import Installation
from tests.upgrade.material import SETTINGS, STEPS
from tests.upgrade.run_folder import RunFolder, assert_same_training
from tests.upgrade.waiting import until

pytestmark = pytest.mark.timeout(1200)


def test_a_run_goes_on_while_its_code_is_replaced_and_is_resumed_to_the_bit(
    old: Code, config: dict[str, Any], deck: Installation, unbroken: Callable[[], RunFolder]
) -> None:
    tree = Code(deck.folder / "tree")
    shutil.copytree(old.root, tree.root)
    # With all clips cached the VAE is loaded for the first sample video alone: by then its code is new.
    shutil.copytree(unbroken().path.parent / ".cache", deck.logs_dir / ".cache")
    cached = deck.cached()
    up = deck.up(tree)
    run_id = deck.post("/api/runs", {"config": config})["id"]
    run = RunFolder(deck.logs_dir / run_id)
    deck.until_step(run_id, 5)
    pull_into(tree.root)

    # Evaluation, checkpoints and samples are still to come.
    drawn = SETTINGS["sample_steps"]
    until(lambda: [event for event in run.events(1, "sample") if event["step"] == drawn], "the first sample video")
    with run.paused():
        assert run.checkpoints() == list(range(SETTINGS["save_steps"], drawn + 1, SETTINGS["save_steps"]))
        deck.end(up, signal.SIGINT)
        up = deck.up(tree)
        run.advance(1, steps=3)
        deck.until_step(run_id, run.step(1))
        assert deck.served(run_id) == run.logged(1)
        deck.post(f"/api/runs/{run_id}/stop")
    stopped = deck.until_state(run_id, "stopped")
    assert drawn + 3 <= stopped["step"] == run.checkpoints()[-1] < STEPS

    deck.post(f"/api/runs/{run_id}/resume")
    deck.until_state(run_id, "succeeded")
    assert_same_training(run, 2, unbroken())
    assert deck.served(run_id) == run.logged(2)
    assert (run.encoded_clips(1), run.encoded_clips(2)) == (0, 0)
    assert deck.cached() == cached
    deck.end(up, signal.SIGINT)
