"""Runs that ended with their host: which of them go on by themselves."""

import os
from pathlib import Path
from typing import Any

import pytest

from services.backend.ingest.rebuild import rebuild
from services.backend.scheduling.requeue import MAX_LOSSES
from tests.harness.backend import Backend, LogFile, served, write_exit, write_state
from trainer.contract import events
from trainer.contract.rundir import RunDir, StopRequest

STOPPED: dict[str, Any] = {"stop_requested": True, "by_host": True}
FELL: dict[str, Any] = {"how": "lost", "by_host": True}


def begin(backend: Backend, run_id: str, attempt: int = 1) -> LogFile:
    """What an agent, a shim and a trainer do to a claimed run."""
    folder = backend.folder(run_id)
    folder.mkdir(exist_ok=True)
    write_state(folder, attempt)
    LogFile(folder, attempt, rank=-1, log_id=f"shim-{attempt}").header()
    return LogFile(folder, attempt, log_id=f"log-{attempt}").header().steps(1, 3)


def started(backend: Backend, **config: Any) -> str:
    run_id = backend.new_run(**config)
    assert backend.claim() == {"run_id": run_id, "attempt": 1}
    begin(backend, run_id)
    backend.wait_for(run_id, state="running")
    return run_id


def stop_by_host(backend: Backend, run_id: str, attempt: int = 1) -> None:
    RunDir(backend.folder(run_id)).write_stop(StopRequest(attempt=attempt, requested_at=1.0, reason="host"))


def test_a_run_that_its_host_stopped_goes_on_by_itself_before_those_that_wait(backend: Backend) -> None:
    run_id = started(backend)
    waiting = backend.new_run(name="waiting")
    stop_by_host(backend, run_id)
    assert backend.wait_for(run_id, state="stopping")["wanted"] == "run"
    write_exit(backend.folder(run_id), **STOPPED)
    run = backend.wait_for(run_id, state="queued")
    assert (run["code"], run["message"]) == (
        "host_stopped",
        "Its host was stopped. It goes on by itself when the host is back.",
    )
    assert (run["wanted"], run["ended_at"]) == ("run", None)
    assert backend.claim() == {"run_id": run_id, "attempt": 2}
    assert backend.run(run_id)["code"] == ""
    begin(backend, run_id, 2)
    backend.wait_for(run_id, state="running", attempt=2)
    assert backend.claim("agent-2") == {"run_id": waiting, "attempt": 1}


def test_one_whose_host_went_down_under_it_goes_on_too(backend: Backend) -> None:
    run_id = started(backend)
    write_exit(backend.folder(run_id), **FELL)
    assert backend.wait_for(run_id, state="queued", code="host_lost")["message"].startswith("Its host went down")
    assert backend.claim() == {"run_id": run_id, "attempt": 2}


def test_a_run_that_falls_again_and_again_without_a_checkpoint_waits_for_a_person(backend: Backend) -> None:
    run_id = started(backend)
    for attempt in range(1, MAX_LOSSES):
        write_exit(backend.folder(run_id), attempt, **FELL)
        backend.wait_for(run_id, state="queued")
        assert backend.claim() == {"run_id": run_id, "attempt": attempt + 1}
        begin(backend, run_id, attempt + 1)
        backend.wait_for(run_id, state="running", attempt=attempt + 1)
    write_exit(backend.folder(run_id), MAX_LOSSES, **FELL)
    run = backend.wait_for(run_id, state="lost", code="host_lost")
    assert run["message"] == (
        "Its host went down under it again and again before it could save a checkpoint, so it waits for you. "
        "Resume it to go on."
    )
    assert backend.claim() is None
    assert backend.http.post(f"/api/runs/{run_id}/resume").json()["state"] == "queued"


def test_with_a_checkpoint_in_between_it_always_goes_on(backend: Backend) -> None:
    run_id = started(backend)
    log = LogFile(backend.folder(run_id), log_id="log-1")
    for attempt in range(1, MAX_LOSSES + 3):
        log.seq = 4
        log.write(events.Checkpoint, step=3, path="checkpoints/step-3")
        write_exit(backend.folder(run_id), attempt, **FELL)
        backend.wait_for(run_id, state="queued")
        assert backend.claim() == {"run_id": run_id, "attempt": attempt + 1}
        log = begin(backend, run_id, attempt + 1)


@pytest.mark.parametrize("end", ["succeeded", "failed"])
@pytest.mark.parametrize("exit", [STOPPED, FELL])
def test_one_that_came_to_its_own_end_meanwhile_has_ended(backend: Backend, end: str, exit: dict[str, Any]) -> None:
    run_id = backend.new_run()
    backend.claim()
    begin(backend, run_id).end(end, message="As it said.")
    stop_by_host(backend, run_id)
    write_exit(backend.folder(run_id), **exit)
    backend.wait_for(run_id, state=end)
    assert backend.claim() is None


def test_a_person_who_stops_it_while_the_host_stops_is_heeded(backend: Backend) -> None:
    run_id = started(backend)
    stop_by_host(backend, run_id)
    backend.wait_for(run_id, state="stopping")
    assert backend.http.post(f"/api/runs/{run_id}/stop").status_code == 202
    assert RunDir(backend.folder(run_id)).stop_reason(1) == "person"
    write_exit(backend.folder(run_id), **STOPPED)
    backend.wait_for(run_id, state="stopped")
    assert backend.claim() is None


def test_a_person_can_stop_what_waits_for_its_host(backend: Backend) -> None:
    run_id = started(backend)
    write_exit(backend.folder(run_id), **STOPPED)
    backend.wait_for(run_id, state="queued")
    assert backend.http.post(f"/api/runs/{run_id}/stop").json()["state"] == "stopped"
    assert backend.claim() is None


@pytest.mark.parametrize(("exit", "state"), [(STOPPED, "stopped"), (FELL, "lost")])
def test_a_folder_that_no_agent_of_ours_started_waits_for_a_person(
    backend: Backend, exit: dict[str, Any], state: str
) -> None:
    begin(backend, "found")
    write_exit(backend.folder("found"), **exit)
    assert backend.wait_for("found", state=state)["message"].endswith("Resume it to go on.")
    assert backend.claim() is None


def test_nothing_else_is_given_to_its_agent_before_its_end_is_read(backend: Backend) -> None:
    run_id = started(backend)
    waiting = backend.new_run(name="waiting")
    backend.runtime.follower.stop()
    write_exit(backend.folder(run_id), **STOPPED)
    assert backend.claim() is None
    assert backend.claim("agent-2") == {"run_id": waiting, "attempt": 1}


def test_what_was_stopped_while_the_backend_was_away_goes_on(tmp_path: Path) -> None:
    with served(tmp_path) as backend:
        run_id = started(backend)
        waiting = backend.new_run(name="waiting")
    write_exit(tmp_path / "logs" / run_id, **STOPPED)
    with served(tmp_path) as backend:
        backend.wait_for(run_id, state="queued", code="host_stopped")
        assert backend.claim() == {"run_id": run_id, "attempt": 2}
        assert backend.claim("agent-2") == {"run_id": waiting, "attempt": 1}


def test_a_rebuilt_database_knows_what_an_agent_had_started(tmp_path: Path) -> None:
    with served(tmp_path) as backend:
        stopped, running = started(backend), backend.new_run(name="second")
        write_exit(backend.folder(stopped), **STOPPED)
        backend.wait_for(stopped, state="queued")
        assert backend.claim("agent-2") == {"run_id": stopped, "attempt": 2}
        begin(backend, stopped, 2)
        write_exit(backend.folder(stopped), 2, **STOPPED)
        backend.wait_for(stopped, state="queued", attempt=2)
        settings = backend.settings
        os.rename(backend.folder(stopped), backend.folder(stopped).with_name(".aside"))
        backend.wait_for(stopped, state="lost")
        assert backend.claim() == {"run_id": running, "attempt": 1}
        begin(backend, running)
        backend.wait_for(running, state="running")
        os.rename(backend.folder(stopped).with_name(".aside"), backend.folder(stopped))
        backend.wait_for(stopped, state="queued")
    rebuild(settings, lambda read, of: None)
    with served(tmp_path) as backend:
        assert backend.run(stopped)["code"] == "host_stopped"
        write_exit(backend.folder(running), **STOPPED)
        backend.wait_for(running, state="queued", code="host_stopped")
