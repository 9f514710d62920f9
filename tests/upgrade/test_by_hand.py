"""A run that was started by hand with the old code is killed, and resumed by hand with the new code."""

import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.harness.waiting import DEADLINE_S, until
from tests.upgrade.code import Code
from tests.upgrade.installation import Installation
from tests.upgrade.material import SETTINGS, STEPS
from tests.upgrade.processes import is_living
from tests.upgrade.run_folder import RunFolder, assert_same_training


def test_a_killed_run_is_resumed_to_the_bit(
    old: Code, new: Code, config: dict[str, Any], deck: Installation, unbroken: Callable[[], RunFolder]
) -> None:
    path = deck.folder / "config.json"
    path.write_text(json.dumps(config))
    trainer = deck.start(old, "run", "trainer", "run", str(path), "--logs-dir", str(deck.logs_dir))
    run = RunFolder(until(lambda: next(deck.logs_dir.glob("upgrade-*/state.json"), None), "the run").parent)
    until(lambda: run.step(1) > SETTINGS["save_steps"] + 2, "a step past the first checkpoint")
    state = run.state()
    assert old.runs_in(state["shim_pid"])
    pids = (trainer.pid, state["shim_pid"], state["child_pid"])
    for pid in pids:
        with suppress(ProcessLookupError):  # the rank dies with its shim
            os.kill(pid, signal.SIGKILL)
    until(lambda: not any(map(is_living, pids)), "the end of the run")
    assert (run.exit(), run.events(1, "end")) == (None, [])
    saved, cached = run.checkpoints()[-1], deck.cached()
    assert SETTINGS["save_steps"] <= saved <= run.step(1) < STEPS

    resumed = deck.start(new, "resume", "trainer", "resume", str(run.path))
    until(lambda: run.state()["attempt"] == 2, "the second attempt")
    assert new.runs_in(run.state()["shim_pid"])
    assert resumed.wait(DEADLINE_S) == 0, deck.printed()
    assert min(run.curve(2)) == saved + 1
    assert_same_training(run, 2, unbroken())
    assert (run.encoded_clips(1), run.encoded_clips(2)) == (4, 0)
    assert deck.cached() == cached
