"""What is stopped, killed, taken down and brought up to date again loses no step."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.compose.stack import Stack
from tests.e2e.test_faults import small
from tests.harness.waiting import until

DATA = Path("/data")


@contextmanager
def watching(stack: Stack, run_id: str) -> Iterator[list[int]]:
    """The steps that a client is sent which comes back with its cursor whenever it is dropped, as the page does."""
    seen: list[int] = []
    leave = threading.Event()

    def watch() -> None:
        since = ""
        while not leave.is_set():
            try:
                with stack.live(f"run={run_id}{since}") as live:
                    while not leave.is_set():
                        frame = json.loads(live.recv(1))
                        since = f"&since={frame['cursor']}"
                        for batch in frame.get("steps", []):
                            seen.extend(batch["step"] if batch["kind"] == "step" else [])
            except (TimeoutError, OSError, ConnectionClosed, InvalidStatus):
                leave.wait(0.2)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        leave.set()
        thread.join()


def agents(stack: Stack) -> list[int]:
    listed = stack.inside("trainer", "sh", "-c", "grep -l -a -x -z agent /proc/[0-9]*/cmdline 2>/dev/null || true")
    return [int(path.split("/")[2]) for path in listed.split()]


def test_a_backend_restarted_in_mid_run_loses_and_doubles_no_step(stack: Stack) -> None:
    run_id = stack.start_run(**small(DATA))
    with watching(stack, run_id) as seen:
        for step in (5, 60):
            stack.wait_for_step(run_id, step)
            stack.compose("restart", "backend")
        run = stack.wait_for_end(run_id)
        assert (run["state"], run["attempt"]) == ("succeeded", 1), run["message"]
        until(lambda: seen[-1:] == [200], "the last step")
    assert stack.steps_served(run_id) == list(range(1, 201))
    assert seen == list(range(1, 201))


def test_a_restarted_trainer_saves_comes_back_and_goes_on_by_itself(stack: Stack) -> None:
    run_id = stack.start_run(**small(DATA))
    stack.wait_for_step(run_id, 5)
    stack.compose("stop", "trainer")
    stopped = stack.container("trainer")["State"]
    assert (stopped["ExitCode"], stopped["OOMKilled"]) == (0, False)
    run = until(lambda: (run := stack.run(run_id))["state"] == "queued" and run, "its place in the queue")
    assert run["code"] == "host_stopped"
    saved = [checkpoint["step"] for checkpoint in stack.get(f"/api/runs/{run_id}/checkpoints")]
    assert max(saved) == run["step"] < 200
    stack.compose("start", "trainer")
    until(lambda: stack.run(run_id)["step"] > run["step"], "more steps")
    stack.compose("restart", "trainer")
    run = stack.wait_for_end(run_id)
    assert (run["state"], run["attempt"]) == ("succeeded", 3), run["message"]
    assert stack.steps_served(run_id) == list(range(1, 201))


def test_a_killed_agent_leaves_the_run_alive(stack: Stack) -> None:
    run_id = stack.start_run(**small(DATA))
    stack.wait_for_step(run_id, 5)
    started = stack.container("trainer")["State"]["StartedAt"]
    (killed,) = agents(stack)
    stack.inside("trainer", "sh", "-c", f"kill -9 {killed}")
    at = stack.run(run_id)["step"]
    stack.wait_for_step(run_id, at + 20)
    until(lambda: agents(stack) not in ([], [killed]), "the next agent")
    run = stack.wait_for_end(run_id)
    assert (run["state"], run["attempt"]) == ("succeeded", 1)
    assert stack.steps_served(run_id) == list(range(1, 201))
    assert stack.container("trainer")["State"]["StartedAt"] == started


def test_down_and_up_find_everything_again(stack: Stack) -> None:
    stack.post("/api/datasets", {"name": "Clips", "base_path": "/data"})
    run_id = stack.start_run(**small(DATA))
    stack.wait_for_step(run_id, 5)
    before = {run["id"] for run in stack.get("/api/runs")}
    token = stack.token
    stack.compose("down")
    assert stack.compose("ps", "--all", "--quiet") == ""
    stack.up()
    assert stack.token == token
    assert {run["id"] for run in stack.get("/api/runs")} == before
    assert [found["name"] for found in stack.get("/api/datasets")] == ["Clips"]
    run = stack.wait_for_end(run_id)
    assert (run["state"], run["attempt"]) == ("succeeded", 2), run["message"]
    assert stack.steps_served(run_id) == list(range(1, 201))
