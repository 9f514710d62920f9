"""Drills of a GPU host: stopped, cut off, started again. Real runs; only the containers around them are missing."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.test_faults import small
from tests.harness.hosted import Hosted, hosted
from tests.harness.loradeck_up import check_run_folder
from tests.harness.waiting import until


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Hosted]:
    with hosted(tmp_path) as found:
        yield found


def losses(host: Hosted, run_id: str) -> dict[int, float]:
    """By step, as logged; where an attempt has done a step again, what the later one got."""
    found = {}
    for attempt in range(1, host.run(run_id)["attempt"] + 1):
        for line in (host.logs_dir / run_id / f"{attempt}.jsonl").read_text().splitlines():
            event = json.loads(line)
            if event["type"] == "step":
                found[event["step"]] = event["values"]["train/loss"]
    return found


def test_a_stopped_host_saves_its_run_and_goes_on_with_it_as_if_nothing_had_been(host: Hosted, clips: Path) -> None:
    unbroken = host.start_run(**small(clips, name="unbroken"))
    assert host.wait_for_end(unbroken)["state"] == "succeeded"

    run_id = host.start_run(**small(clips, name="broken"))
    host.wait_for_step(run_id, 5)
    killed = host.agent_pid()
    os.kill(killed, signal.SIGKILL)
    until(lambda: host.agent_pids() not in ([], [killed]), "the next agent")
    host.stop_host()
    stopped = until(lambda: (run := host.run(run_id))["state"] == "queued" and run, "its place in the queue")
    assert stopped is not None
    assert (stopped["code"], stopped["attempt"], stopped["attempts"][0]["reason"]) == ("host_stopped", 1, "stopped")
    saved = [checkpoint["step"] for checkpoint in host.get(f"/api/runs/{run_id}/checkpoints")]
    assert max(saved) == stopped["step"] < 200
    assert f"{run_id} is asked to finish its step, save and leave." in host.told()

    host.start_host()
    until(lambda: host.run(run_id)["step"] >= stopped["step"] + 5, "more steps")
    host.stop_backend()  # everything down, the backend before the host
    host.stop_host()
    host.start_host()
    host.start_backend()
    run = host.wait_for_end(run_id)
    assert (run["state"], run["attempt"]) == ("succeeded", 3), run["message"]
    assert host.steps_served(run_id) == list(range(1, 201))
    assert losses(host, run_id) == losses(host, unbroken)
    check_run_folder(host.logs_dir / run_id, "--steps", "200", "--ended", "succeeded")


def test_a_run_whose_host_was_cut_off_goes_on_when_it_is_back(host: Hosted, clips: Path) -> None:
    run_id = host.start_run(**small(clips, save_steps=20))
    host.wait_for_step(run_id, 25)
    host.pull_the_plug(run_id)
    host.pretend_an_earlier_boot(run_id)
    host.start_host()
    run = host.wait_for_end(run_id)
    assert (run["state"], run["attempt"], run["attempts"][0]["reason"]) == ("succeeded", 2, "lost"), run["message"]
    assert run["attempts"][1]["first_step"] > 20
    assert host.steps_served(run_id) == list(range(1, 201))
    assert f"{run_id} is lost: its host went down under it." in host.told()


@pytest.mark.drill
def test_a_run_whose_shim_was_killed_on_a_host_that_is_up_waits_for_a_person(host: Hosted, clips: Path) -> None:
    run_id = host.start_run(**small(clips))
    host.wait_for_step(run_id, 5)
    host.pull_the_plug(run_id)
    host.start_host()
    run = host.wait_for_end(run_id)
    assert (run["state"], run["code"], run["attempt"]) == ("lost", "lost", 1)
