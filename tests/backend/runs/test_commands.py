"""Commands, and the claims that answer them."""

import errno
import json
import os
from pathlib import Path

import pytest

from services.backend.database.db import Write
from services.backend.runs import commands
from services.backend.runs.record import Record
from services.backend.scheduling import claims
from services.backend.settings import Settings
from tests.harness.backend import Backend, LogFile, make_dataset, served, write_exit, write_state
from tests.harness.waiting import DEADLINE_S, until
from trainer.contract import events
from trainer.contract.cache.in_use import standing
from trainer.contract.config import load_config
from trainer.contract.rundir import RunDir


def start(backend: Backend, run_id: str, attempt: int = 1, steps: tuple[int, int] = (1, 3)) -> LogFile:
    """What an agent, a shim and a trainer do to a claimed run."""
    folder = backend.folder(run_id)
    write_state(folder, attempt)
    LogFile(folder, attempt, rank=-1, log_id=f"shim-{attempt}").header()
    return LogFile(folder, attempt, log_id=f"log-{attempt}").header().steps(*steps)


def test_a_created_run_is_a_folder_and_is_queued(backend: Backend) -> None:
    run_id = backend.new_run(name="Bird in flight", max_steps=7)
    run = backend.run(run_id)
    assert (run["state"], run["wanted"], run["attempt"], run["attempts"]) == ("queued", "run", 0, [])
    config = load_config(RunDir(backend.folder(run_id)).config)
    assert config.max_steps == 7
    assert Path(config.dataset_base_path).is_absolute()
    assert config.model_dump(mode="json") == run["config"]
    assert run["folder"] == str(backend.folder(run_id))


def test_a_relative_data_set_is_made_absolute(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    root = backend.settings.data_roots[0]
    make_dataset(root / "near")
    monkeypatch.chdir(root)
    answer = backend.http.post("/api/runs", json={"config": {"dataset_base_path": "near"}})
    assert answer.json()["config"]["dataset_metadata_path"] == str(root / "near" / "metadata.csv")


def test_a_claim_gets_the_oldest_run_and_the_same_one_until_it_started(backend: Backend) -> None:
    first, second = backend.new_run(name="first"), backend.new_run(name="second")
    assert backend.claim() == {"run_id": first, "attempt": 1}
    assert backend.claim() == {"run_id": first, "attempt": 1}, "the answer may have been lost"
    assert backend.run(first)["state"] == "preparing"
    assert backend.claim(alive=[first]) is None, "one run at a time"
    assert backend.claim("agent-2") == {"run_id": second, "attempt": 1}
    start(backend, first)
    backend.wait_for(first, state="running")
    assert backend.claim(alive=[first]) is None
    assert backend.claim() is None
    agents = {agent["agent_id"]: agent for agent in backend.get("/api/agents")}
    assert agents.keys() == {"agent-1", "agent-2"}
    assert agents["agent-1"]["online"]


def test_what_a_vanished_agent_claimed_goes_to_another(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = backend.new_run()
    assert backend.claim("gone")
    assert backend.claim("other") is None
    monkeypatch.setattr(claims, "ABANDONED_S", 0.0)
    assert backend.claim("other") == {"run_id": run_id, "attempt": 1}
    monkeypatch.undo()
    assert backend.claim("gone") is None


@pytest.mark.parametrize("content", [b'{"attempt": 1}', b"{", None])
def test_a_stop_replaces_a_request_that_cannot_be_read(backend: Backend, content: bytes | None) -> None:
    run_id = backend.new_run()
    backend.claim()
    start(backend, run_id)
    folder = RunDir(backend.folder(run_id))
    if content is None:
        folder.stop.mkdir()
    else:
        folder.stop.write_bytes(content)
    backend.wait_for(run_id, state="running")
    answer = backend.http.post(f"/api/runs/{run_id}/stop")
    assert (answer.status_code, answer.json()["state"]) == (202, "stopping")
    assert folder.stop_reason(1) == "person"


def test_stop_and_resume(backend: Backend) -> None:
    run_id = backend.new_run()
    backend.claim()
    log = start(backend, run_id)
    backend.wait_for(run_id, state="running")
    answer = backend.http.post(f"/api/runs/{run_id}/stop")
    assert (answer.status_code, answer.json()["state"]) == (202, "stopping")
    stop = RunDir(backend.folder(run_id)).read_stop()
    assert stop is not None
    assert stop.attempt == 1
    assert backend.http.post(f"/api/runs/{run_id}/stop").status_code == 202, "asking twice does no harm"
    assert RunDir(backend.folder(run_id)).read_stop() == stop
    log.end("stopped")
    backend.wait_for(run_id, state="stopping")
    write_exit(backend.folder(run_id), stop_requested=True)
    backend.wait_for(run_id, state="stopped")

    answer = backend.http.post(f"/api/runs/{run_id}/resume")
    assert (answer.status_code, answer.json()["state"], answer.json()["wanted"]) == (202, "queued", "run")
    assert answer.json()["attempts"][0]["reason"] == "stopped"
    folder = RunDir(backend.folder(run_id))
    assert standing(folder) == "waiting", "its entries stay in the cache"
    assert backend.http.post(f"/api/runs/{run_id}/stop").json()["state"] == "stopped"
    assert standing(folder) == "ended"
    assert backend.http.post(f"/api/runs/{run_id}/resume").json()["state"] == "queued"
    assert standing(folder) == "waiting"
    assert backend.claim() == {"run_id": run_id, "attempt": 2}
    start(backend, run_id, attempt=2, steps=(4, 6))
    run = backend.wait_for(run_id, state="running", step=6, attempt=2)
    assert run["started_at"] == run["attempts"][1]["started_at"]


def test_a_queued_run_is_stopped_at_once_and_can_be_queued_again(backend: Backend) -> None:
    run_id = backend.new_run()
    assert backend.http.post(f"/api/runs/{run_id}/stop").json()["state"] == "stopped"
    assert backend.claim() is None
    assert backend.http.post(f"/api/runs/{run_id}/resume").json()["state"] == "queued"
    assert backend.claim() == {"run_id": run_id, "attempt": 1}


def test_a_claimed_run_that_is_stopped_before_its_start_is_called_off(backend: Backend) -> None:
    run_id = backend.new_run()
    backend.claim()
    assert backend.http.post(f"/api/runs/{run_id}/stop").json()["state"] == "stopping"
    assert backend.claim() is None
    assert backend.run(run_id)["state"] == "stopped"


def test_a_resume_skips_attempts_that_only_the_folder_knows(backend: Backend) -> None:
    run_id = backend.new_run()
    backend.http.post(f"/api/runs/{run_id}/stop")
    LogFile(backend.folder(run_id), attempt=7).header().end("stopped")
    backend.wait_for(run_id, attempt=7)
    backend.http.post(f"/api/runs/{run_id}/resume")
    assert backend.claim() == {"run_id": run_id, "attempt": 8}


@pytest.mark.parametrize("state", ["succeeded", "stopped", "failed", "lost"])
def test_what_has_ended_cannot_be_stopped(backend: Backend, state: str) -> None:
    run_id = backend.new_run()
    backend.claim()
    log = start(backend, run_id)
    if state in ("succeeded", "stopped", "failed"):
        log.end(state, message="It broke.")
    write_exit(backend.folder(run_id), how="lost" if state == "lost" else "exited")
    backend.wait_for(run_id, state=state)
    answer = backend.http.post(f"/api/runs/{run_id}/stop")
    assert (answer.status_code, answer.json()["code"]) == (409, "run_ended")
    answer = backend.http.post(f"/api/runs/{run_id}/resume")
    assert answer.status_code == (409 if state == "succeeded" else 202)
    assert answer.json().get("code", "not_resumable") == "not_resumable" or state != "succeeded"


def test_what_is_going_on_can_be_neither_resumed_nor_deleted(backend: Backend) -> None:
    run_id = backend.new_run()
    assert backend.http.post(f"/api/runs/{run_id}/resume").json()["code"] == "not_resumable"
    backend.claim()
    start(backend, run_id)
    backend.wait_for(run_id, state="running")
    for answer, code in (
        (backend.http.post(f"/api/runs/{run_id}/resume"), "not_resumable"),
        (backend.http.delete(f"/api/runs/{run_id}"), "run_active"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, code)


def test_a_found_run_without_a_config_cannot_be_resumed(backend: Backend) -> None:
    LogFile(backend.folder("bare")).header().step(1).end("failed")
    backend.wait_for("bare", state="failed")
    assert backend.http.post("/api/runs/bare/resume").json()["code"] == "not_resumable"


def test_delete_takes_folder_rows_and_tells_live_clients(backend: Backend) -> None:
    run_id = backend.new_run()
    backend.claim()
    start(backend, run_id).write(events.Warning, code="a", message="b").end()
    write_exit(backend.folder(run_id))
    backend.wait_for(run_id, state="succeeded")
    with backend.live() as socket:
        socket.recv()
        assert backend.http.delete(f"/api/runs/{run_id}").status_code == 204
        assert json.loads(socket.recv(timeout=DEADLINE_S))["deleted"] == [run_id]
    assert not backend.folder(run_id).exists()
    assert [path for path in backend.settings.logs_dir.iterdir() if path.is_dir()] == []
    assert backend.http.get(f"/api/runs/{run_id}").status_code == 404
    with backend.runtime.db.read() as session:
        for table in ("run", "attempt", "log", "point", "event", "fault"):
            assert session.connection().exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == 0, table


def test_a_deleted_folder_that_comes_back_is_a_new_run(backend: Backend, tmp_path: Path) -> None:
    log = LogFile(backend.folder("again")).header().steps(1, 3).end()
    backend.wait_for("again", state="succeeded")
    content = log.path.read_bytes()
    backend.http.delete("/api/runs/again")
    log.path.parent.mkdir()
    log.path.write_bytes(content)
    backend.wait_for("again", state="succeeded", step=3)


def test_a_deletion_that_a_crash_cut_short_is_finished_at_the_next_start(tmp_path: Path) -> None:
    with served(tmp_path) as backend:
        LogFile(backend.folder("half")).header().step(1).end()
        backend.wait_for("half", state="succeeded")
    os.rename(tmp_path / "logs" / "half", tmp_path / "logs" / f"{commands.TRASH}half")
    with served(tmp_path) as backend:
        assert backend.get("/api/runs") == []
        assert not list(backend.settings.logs_dir.glob(f"{commands.TRASH}*"))


def test_a_failed_deletion_changes_nothing(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    LogFile(backend.folder("kept")).header().step(1).end()
    backend.wait_for("kept", state="succeeded")

    def fail(write: Write, record: Record) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(commands, "_delete_rows", fail)
    answer = backend.http.delete("/api/runs/kept")
    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")
    assert backend.folder("kept").is_dir()
    assert backend.run("kept")["state"] == "succeeded"


def test_a_full_disk_while_a_run_is_created_leaves_nothing(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(commands, "write_atomic", fail)
    base = make_dataset(backend.settings.data_roots[0] / "clips")
    answer = backend.http.post("/api/runs", json={"config": {"dataset_base_path": str(base)}})
    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")
    assert backend.get("/api/runs") == []
    assert [path for path in backend.settings.logs_dir.iterdir() if path.is_dir()] == []


def test_model_files_are_checked(backend: Backend, tmp_path: Path) -> None:
    base = str(make_dataset(tmp_path / "clips"))
    weights = tmp_path / "dit.safetensors"
    for paths, code in (([str(weights)], "model_missing"), (["/etc/passwd"], "outside_data_roots")):
        answer = backend.http.post("/api/runs", json={"config": {"dataset_base_path": base, "model_paths": paths}})
        assert (answer.json()["code"], answer.json()["field"]) == (code, "model_paths")
    weights.touch()
    answer = backend.http.post("/api/runs", json={"config": {"dataset_base_path": base, "model_paths": [str(weights)]}})
    assert answer.status_code == 201


def test_a_lora_file_to_begin_from_is_checked(backend: Backend, tmp_path: Path) -> None:
    base = str(make_dataset(tmp_path / "clips"))
    file = tmp_path / "lora.safetensors"
    for path, code in ((str(file), "lora_missing"), (base, "lora_missing"), ("/etc/passwd", "outside_data_roots")):
        answer = backend.http.post("/api/runs", json={"config": {"dataset_base_path": base, "lora_checkpoint": path}})
        assert (answer.json()["code"], answer.json()["field"]) == (code, "lora_checkpoint")
    file.touch()
    answer = backend.http.post("/api/runs", json={"config": {"dataset_base_path": base, "lora_checkpoint": str(file)}})
    assert answer.status_code == 201


def test_a_run_whose_folder_went_is_not_offered(backend: Backend) -> None:
    run_id = backend.new_run()
    os.rename(backend.folder(run_id), backend.settings.logs_dir.parent / "aside")
    until(lambda: backend.run(run_id)["code"] == "folder_missing")
    assert backend.claim() is None


def test_settings_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LORADECK_LOGS_DIR", "runs")
    monkeypatch.setenv("LORADECK_DATA_ROOTS", f"data{os.pathsep}/srv")
    settings = Settings()
    assert settings.logs_dir == tmp_path / "runs"
    assert settings.state_dir == tmp_path / ".loradeck"
    assert settings.data_roots == (tmp_path / "data", Path("/srv"))
    monkeypatch.delenv("LORADECK_DATA_ROOTS")
    assert Settings().data_roots == (tmp_path, Path.home().resolve())
