"""What dies must take no step and no run with it. Real processes, killed for real."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.harness.loradeck_up import Deck, check_run_folder, processes
from tests.harness.waiting import until


def small(clips: Path, **changes: Any) -> dict[str, Any]:
    """A run of tiny steps: quick to start, and long enough to kill things under it."""
    return {
        "name": "fault drill",
        "model": "tiny-wan",
        "dataset_base_path": str(clips),
        "height": 64,
        "width": 64,
        "num_frames": 5,
        "lora_rank": 4,
        "dataset_repeat": 100,
        "max_steps": 200,
        "use_gradient_checkpointing": False,
        "save_steps": 100,
        "eval_steps": 200,
        "eval_samples": 1,
        "sample_steps": 1000,
        "sample_prompts": ["a train"],
        "sample_num_inference_steps": 2,
        "sample_cfg_scale": 1.0,
        **changes,
    }


@pytest.mark.drill
def test_a_backend_killed_three_times_loses_and_doubles_no_step(loradeck: Deck, clips: Path) -> None:
    run_id = loradeck.start_run(**small(clips))
    for step in (5, 40, 80):
        loradeck.wait_for_step(run_id, step)
        killed = loradeck.backend_pid()
        os.kill(killed, signal.SIGKILL)
        until(lambda killed=killed: loradeck.backend_pid() != killed, "a new backend")  # type: ignore[misc]
    run = loradeck.wait_for_end(run_id)
    assert run["state"] == "succeeded", run["message"]
    assert loradeck.steps_served(run_id) == list(range(1, 201))
    check_run_folder(loradeck.logs_dir / run_id, "--steps", "200", "--ended", "succeeded")


@pytest.mark.drill
def test_a_killed_agent_leaves_the_run_and_the_next_one_adopts_it(loradeck: Deck, clips: Path) -> None:
    run_id = loradeck.start_run(**small(clips))
    loradeck.wait_for_step(run_id, 5)
    killed = loradeck.agent_pid()
    os.kill(killed, signal.SIGKILL)
    at = loradeck.run(run_id)["step"]
    loradeck.wait_for_step(run_id, at + 20)

    def adopted() -> bool:
        return loradeck.agent_pid() != killed and any(
            run_id in agent["alive"] for agent in loradeck.get("/api/health")["agents"] if agent["online"]
        )

    until(adopted, "the adoption")
    run = loradeck.wait_for_end(run_id)
    assert (run["state"], run["attempt"]) == ("succeeded", 1)
    assert loradeck.steps_served(run_id) == list(range(1, 201))


def test_a_killed_shim_is_a_lost_run_with_nothing_left_of_it(loradeck: Deck, clips: Path) -> None:
    run_id = loradeck.start_run(**small(clips, num_processes=2))
    loradeck.wait_for_step(run_id, 3)
    assert len(processes(f"LORADECK_RUN_ID={run_id}")) >= 3
    os.kill(loradeck.shim_pid(run_id), signal.SIGKILL)
    run = loradeck.wait_for_end(run_id)
    assert run["state"] == "lost"
    assert run["message"]
    assert processes(f"LORADECK_RUN_ID={run_id}") == []
