"""`python -m trainer host` as a container runs it: real agents, shims and runs, and real signals."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.claim_server import Backend, serve
from tests.harness.shim_runs import Supervised, is_living, seen
from tests.harness.waiting import DEADLINE_S, until
from trainer.agent import heartbeat
from trainer.agent.agent import LOST_GPUS
from trainer.contract import events
from trainer.contract.rundir import StopRequest

LEAVES_WHEN_ASKED = """
import pathlib, time
asked = pathlib.Path({folder!r}, "stop.request")
while not asked.exists():
    time.sleep(0.01)
"""
LEAVES_AT_SIGTERM = "import time; time.sleep(60)"
LEAVES_WHEN_KILLED = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(1, flush=True)
time.sleep(60)
"""
NO_BACKEND = "http://127.0.0.1:9"


class Host:
    """A host on `logs`, and what it and its agent have printed."""

    def __init__(self, logs: Path, server: str, *args: str, **environment: str) -> None:
        self.logs = logs
        logs.mkdir(exist_ok=True)
        self.out = logs.parent / "host.out"
        argv = [sys.executable, "-m", "trainer", "host", "--server", server, "--logs-dir", str(logs), *args]
        with open(self.out, "wb") as out:
            self.process = subprocess.Popen(
                argv, stdout=out, stderr=out, start_new_session=True, env={**os.environ, **environment}
            )

    def text(self) -> str:
        return self.out.read_text()

    def agent(self) -> int:
        """The living agent's process id."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return until(lambda: next((pid for pid in map(int, children.read_text().split()) if is_living(pid)), None))

    def told(self, sentence: str) -> None:
        until(lambda: sentence in self.text() or self.process.poll() is not None)
        assert sentence in self.text(), self.text()

    def leave(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_S)

    def healthy(self) -> tuple[bool, str]:
        argv = [sys.executable, "-m", "trainer", "host", "--healthy", "--logs-dir", str(self.logs)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=DEADLINE_S)
        assert done.returncode in (0, 1), done.stderr
        return done.returncode == 0, done.stdout.strip()


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder


@pytest.fixture
def backend() -> Iterator[tuple[Backend, str]]:
    asked = Backend()
    with serve(asked) as url:
        yield asked, url


def run_of(logs: Path, name: str, code: str) -> Supervised:
    run = Supervised(logs / name, code.replace("{folder!r}", repr(str(logs / name))))
    run.state()
    return run


def test_told_to_stop_it_lets_runs_save_and_leave_and_says_that_it_was_the_host(
    logs: Path, backend: tuple[Backend, str]
) -> None:
    claims, url = backend
    run = run_of(logs, "r", LEAVES_WHEN_ASKED)
    host = Host(logs, url)
    until(lambda: claims.claims and claims.claims[-1]["alive"] == ["r"])
    assert host.leave() == 0
    exit = run.exit()
    assert (exit.how, exit.stop_requested, exit.by_host, exit.killed) == ("exited", True, True, False)
    stop = run.run.read_stop()
    assert stop is not None
    assert (stop.attempt, stop.reason) == (1, "host")
    told = [event.message for event in run.events() if isinstance(event, events.Warning)]
    assert told == ["The host is about to stop; the trainer finishes its step, saves and leaves."]
    lines = host.text().splitlines()
    assert lines[-3:] == ["r is asked to finish its step, save and leave.", "r has left.", "The host leaves."]
    assert not heartbeat.path(logs).exists()


def test_a_persons_stop_stays_a_persons(logs: Path) -> None:
    run = run_of(logs, "r", LEAVES_AT_SIGTERM)
    asked = StopRequest(attempt=1, requested_at=time.time())
    run.run.write_stop(asked)
    host = Host(logs, NO_BACKEND, "--stop-limit", "0")
    host.told("does not answer")
    assert host.leave() == 0
    assert run.run.read_stop() == asked
    assert not run.exit().by_host


def test_an_older_attempts_request_is_none(logs: Path) -> None:
    first = Supervised(logs / "r", "pass")
    first.exit()
    first.run.write_stop(StopRequest(attempt=1, requested_at=time.time()))
    code = LEAVES_WHEN_ASKED.replace("asked.exists()", "b'\"attempt\":2' in asked.read_bytes()")
    second = Supervised(logs / "r", code.format(folder=str(logs / "r")), attempt=2)
    second.state()
    host = Host(logs, NO_BACKEND)
    host.told("does not answer")
    assert host.leave() == 0
    assert second.exit().by_host


def test_a_run_that_does_not_leave_is_terminated_and_then_killed(logs: Path) -> None:
    stubborn = run_of(logs, "stubborn", LEAVES_WHEN_KILLED)
    slow = run_of(logs, "slow", LEAVES_AT_SIGTERM)
    stubborn.numbers(1)
    host = Host(logs, NO_BACKEND, "--stop-limit", "0.5")
    host.told("does not answer")
    assert host.leave() == 0
    assert (slow.exit().signal, slow.exit().killed, slow.exit().by_host) == (signal.SIGTERM, False, True)
    assert (stubborn.exit().signal, stubborn.exit().killed, stubborn.exit().by_host) == (signal.SIGKILL, True, True)
    assert "stubborn has not left: SIGKILL to it." in host.text()


def test_each_further_signal_hurries(logs: Path) -> None:
    stubborn = run_of(logs, "stubborn", LEAVES_WHEN_KILLED)
    stubborn.numbers(1)
    host = Host(logs, NO_BACKEND)
    host.told("does not answer")
    for sentence in ("stubborn is asked", "stubborn has not left: SIGTERM", "stubborn has not left: SIGKILL"):
        host.process.send_signal(signal.SIGTERM)
        host.told(sentence)
    assert host.process.wait(DEADLINE_S) == 0
    assert stubborn.exit().killed


def test_a_killed_agent_is_started_again_and_runs_go_on_without_it(logs: Path, backend: tuple[Backend, str]) -> None:
    claims, url = backend
    run = run_of(logs, "r", LEAVES_WHEN_ASKED)
    host = Host(logs, url)
    until(lambda: claims.claims)
    first = host.agent()
    os.kill(first, signal.SIGKILL)
    host.told("The agent has ended (signal 9); it is started again in 0.5 s.")
    claims.claims.clear()
    until(lambda: claims.claims and claims.claims[-1]["alive"] == ["r"])
    assert seen(run.run) == "alive"
    second = host.agent()
    assert second != first
    assert host.leave() == 0
    assert not is_living(second)
    assert run.exit().by_host


def test_a_killed_host_takes_its_agent_along_and_no_run(logs: Path, backend: tuple[Backend, str]) -> None:
    claims, url = backend
    run = run_of(logs, "r", LEAVES_WHEN_ASKED)
    host = Host(logs, url)
    until(lambda: claims.claims)
    agent = host.agent()
    host.process.kill()
    host.process.wait()
    until(lambda: not is_living(agent))
    assert seen(run.run) == "alive"
    assert run.run.read_stop() is None
    run.stop()
    assert not run.exit().by_host


def test_it_is_healthy_while_the_backend_answers_or_a_run_gets_on(logs: Path, backend: tuple[Backend, str]) -> None:
    claims, url = backend
    host = Host(logs, url)
    until(lambda: claims.claims)
    until(heartbeat.path(logs).exists)
    healthy, sentence = host.healthy()
    assert healthy
    assert re.fullmatch(r"The backend answered the agent \d+ s ago\.", sentence)

    claims.status = 401
    until(lambda: "does not take this agent's token" in host.text())
    long_ago = time.time() - 40
    os.utime(heartbeat.path(logs), (long_ago, long_ago))
    healthy, sentence = host.healthy()
    assert not healthy
    assert re.fullmatch(
        r"The agent has not reached the backend for 4\d s, and no run gets on. Its output says why.", sentence
    )

    run = run_of(logs, "r", LEAVES_WHEN_ASKED)
    assert host.healthy()[0]
    for log in run.run.path.glob("*.jsonl"):
        os.utime(log, (time.time() - 90, time.time() - 90))
    assert not host.healthy()[0]
    assert host.leave() == 0
    run.exit()
    assert host.healthy() == (
        False,
        "The agent has not reached the backend yet, and no run gets on. Its output says why.",
    )


def gpus(tmp_path: Path, count: int) -> None:
    """An `nvidia-smi` that lists so many."""
    tool = tmp_path / "bin" / "nvidia-smi"
    tool.parent.mkdir(exist_ok=True)
    listing = "".join(f"GPU {place}: X (UUID: GPU-{place})\n" for place in range(count))
    new = tool.with_suffix(".new")
    new.write_text(f"#!/bin/sh\ncat <<END\n{listing}END\n" if count else "#!/bin/sh\nexit 9\n")
    new.chmod(0o755)
    new.rename(tool)


def test_gpus_that_are_lost_end_the_agent_and_the_host_before_a_run_is_started(
    tmp_path: Path, logs: Path, backend: tuple[Backend, str]
) -> None:
    claims, url = backend
    gpus(tmp_path, 2)
    host = Host(logs, url, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    until(lambda: claims.claims and claims.claims[-1]["gpus"] == ["X", "X"])
    gpus(tmp_path, 1)
    (logs / "next").mkdir()
    claims.queue = [("next", 1)]
    assert host.process.wait(DEADLINE_S) == LOST_GPUS
    assert "2 GPUs were here at the start and nvidia-smi shows 1 now: the agent leaves." in host.text()
    assert list((logs / "next").iterdir()) == []
