"""Tasks: queued, given to agents, and read back from what they have found."""

import time
from typing import Any

import msgspec
import pytest

from services.backend.database.tables import Task
from services.backend.errors import Conflict
from services.backend.tasks.queue import KEEP_ENDED_S
from tests.harness.backend import Backend, LogFile, write_state
from trainer.contract.tasks import End, Facts, Progress, TaskDir


def claim(backend: Backend, working: list[str], alive: list[str] | None = None, agent_id: str = "agent-1") -> Any:
    body = {"agent_id": agent_id, "host": "h", "alive": alive or [], "tasks": working}
    answer = backend.http.post("/api/agents/claim", json=body)
    assert answer.status_code in (200, 204), answer.text
    return answer.json() if answer.status_code == 200 else None


def folder(backend: Backend, task_id: str) -> TaskDir:
    return backend.runtime.tasks.folder(task_id)


def write(backend: Backend, task_id: str, *facts: Any) -> None:
    """As the task's process would."""
    written = Facts(folder(backend, task_id))
    written.write(*facts)
    written.close()


def end(reason: Any = "succeeded", **fields: str) -> End:
    return End(ts=time.time(), reason=reason, **fields)


def progress(done: int) -> Progress:
    return Progress(ts=time.time(), phase="headers", done=done, total=9, left_s=3.5)


def test_a_task_s_way_from_the_queue_to_its_end(backend: Backend) -> None:
    task_id = backend.runtime.tasks.add("scan", {"workers": 2}, {"items.jsonl": b"[]\n"})
    place = folder(backend, task_id)
    assert msgspec.json.decode(place.request.read_bytes()) == {"kind": "scan", "workers": 2}
    assert (place.path / "items.jsonl").read_bytes() == b"[]\n"
    assert backend.get(f"/api/tasks/{task_id}")["state"] == "queued"
    assert backend.claim() is None, "an agent of before knows of no tasks"
    assert claim(backend, []) == {"task_id": task_id}
    assert claim(backend, []) == {"task_id": task_id}, "the answer may have been lost"
    assert claim(backend, [task_id]) is None
    write(backend, task_id, progress(1), {"type": "media", "ts": 1.0, "key": "a"}, progress(2))
    read = backend.get(f"/api/tasks/{task_id}", after=0)
    assert (read["state"], read["progress"]["done"], read["progress"]["left_s"]) == ("running", 2, 3.5)
    assert [fact["type"] for fact in read["facts"]] == ["progress", "media", "progress"]
    assert [agent["tasks"] for agent in backend.get("/api/agents")] == [[task_id]]
    write(backend, task_id, end())
    assert claim(backend, []) is None
    last = backend.get(f"/api/tasks/{task_id}", after=read["offset"])
    assert (last["state"], [fact["type"] for fact in last["facts"]]) == ("succeeded", ["end"])


def test_a_failed_one_says_why_and_a_torn_line_is_none(backend: Backend) -> None:
    task_id = backend.runtime.tasks.add("check", {}, {})
    write(backend, task_id, end("failed", code="no_model", message="There is none.", hint="Fetch it."))
    read = backend.get(f"/api/tasks/{task_id}")
    assert [read[name] for name in ("state", "code", "message", "hint")] == [
        "failed", "no_model", "There is none.", "Fetch it.",
    ]  # fmt: skip
    torn = backend.runtime.tasks.add("check", {}, {})
    folder(backend, torn).facts.write_bytes(b'{"type":"progress","ts":1,"phase":"x"}\n{"type":"end","rea')
    read = backend.get(f"/api/tasks/{torn}", after=0)
    assert (read["state"], len(read["facts"])) == ("queued", 1)


def test_what_needs_the_gpus_goes_one_at_a_time_and_a_scan_beside_it(backend: Backend) -> None:
    run_id = backend.new_run()
    scan, check = (backend.runtime.tasks.add(kind, {}, {}) for kind in ("scan", "check"))
    assert claim(backend, []) == {"task_id": check}, "somebody waits for it"
    assert claim(backend, [check]) == {"task_id": scan}
    assert claim(backend, [check, scan]) is None, "the run waits for the check"
    write(backend, check, end())
    assert claim(backend, [scan]) == {"run_id": run_id, "attempt": 1}
    late = backend.runtime.tasks.add("check", {}, {})
    write_state(backend.folder(run_id))
    LogFile(backend.folder(run_id), rank=-1).header()
    assert claim(backend, [scan], alive=[run_id]) is None
    assert claim(backend, [], alive=[run_id]) == {"task_id": scan}
    assert backend.get(f"/api/tasks/{late}")["state"] == "queued"
    assert claim(backend, [scan], agent_id="agent-2") == {"task_id": late}, "it has GPUs of its own"


def test_one_that_is_worked_on_elsewhere_is_not_given_out(backend: Backend) -> None:
    task_id = backend.runtime.tasks.add("scan", {}, {})
    claim(backend, [task_id])
    assert claim(backend, [], agent_id="agent-2") is None


def test_stopped_at_once_or_when_it_has_left(backend: Backend) -> None:
    queued, running = (backend.runtime.tasks.add("scan", {}, {}) for _ in range(2))
    claim(backend, [running])
    assert backend.http.post(f"/api/tasks/{queued}/stop").json()["state"] == "stopped"
    assert backend.http.post(f"/api/tasks/{running}/stop").json()["state"] == "running"
    assert folder(backend, running).stop.exists()
    write(backend, running, end("stopped"))
    assert claim(backend, []) is None
    assert backend.get(f"/api/tasks/{running}")["state"] == "stopped"


def test_an_ended_one_goes_on_from_what_it_has(backend: Backend) -> None:
    task_id = backend.runtime.tasks.add("scan", {}, {})
    with pytest.raises(Conflict):
        backend.runtime.tasks.add("scan", {}, {}, task_id)
    write(backend, task_id, progress(5), end("stopped"))
    folder(backend, task_id).stop.touch()
    assert backend.runtime.tasks.add("scan", {}, {}, task_id) == task_id
    read = backend.get(f"/api/tasks/{task_id}", after=0)
    assert (read["state"], read["progress"], len(read["facts"])) == ("queued", None, 2)
    assert claim(backend, []) == {"task_id": task_id}
    write(backend, task_id, end())
    assert backend.get(f"/api/tasks/{task_id}")["state"] == "succeeded"


def test_a_process_that_dies_again_and_again_is_not_started_for_ever(backend: Backend) -> None:
    task_id = backend.runtime.tasks.add("scan", {}, {})
    for _ in range(2):
        assert claim(backend, []) == {"task_id": task_id}
    write(backend, task_id, progress(1))
    for _ in range(3):
        assert claim(backend, []) == {"task_id": task_id}, "it got further meanwhile"
    assert claim(backend, []) is None
    read = backend.get(f"/api/tasks/{task_id}")
    assert (read["state"], read["code"]) == ("failed", "task_dies")


def test_a_removed_one_is_gone_and_old_ones_go_by_themselves(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    removed, old = (backend.runtime.tasks.add("check", {}, {}) for _ in range(2))
    backend.runtime.tasks.remove(removed)
    assert not folder(backend, removed).path.exists()
    answer = backend.http.get(f"/api/tasks/{removed}")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_task")
    with backend.runtime.db.write() as done:
        task = done.session.get(Task, old)
        assert task is not None
        task.queued_at -= KEEP_ENDED_S + 1
    backend.runtime.tasks.add("check", {}, {})
    assert not folder(backend, old).path.exists()
