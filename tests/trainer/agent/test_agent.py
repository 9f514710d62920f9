import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import children
from tests.harness.claim_server import Backend, serve
from tests.harness.shim_runs import REPOSITORY, Supervised, is_living, process, seen
from tests.harness.waiting import until
from trainer.agent import heartbeat
from trainer.agent.agent import Agent
from trainer.contract.rundir import Exit, RunDir

SLEEPS = children.command("sleeps")


def start_agent(
    url: str, logs: Path, child: str = "waits_for_go", output: Path | None = None
) -> "subprocess.Popen[bytes]":
    """An agent whose runs and tasks are this child. It prints to the file `output`, if there is one."""
    command = [sys.executable, "-m", "tests.harness.agent_of_children", child, url, str(logs)]
    return process(command, output)


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
def url(backend: Backend) -> Iterator[str]:
    with serve(backend) as address:
        yield address


def new_run(logs: Path, name: str) -> RunDir:
    run = RunDir(logs / name)
    run.path.mkdir()
    run.config.write_text(json.dumps({"dataset_base_path": "/data"}))
    return run


def settled(logs: Path) -> list[str]:
    """One look by an agent without a backend; the ids of the runs that it finds alive."""
    agent = Agent("http://127.0.0.1:9", logs, "a")
    try:
        return agent.survey()
    finally:
        agent.client.close()


def test_it_starts_what_is_queued_one_at_a_time_and_the_next_within_a_second_or_so(
    tmp_path: Path, backend: Backend, url: str
) -> None:
    first, second = new_run(tmp_path, "first"), new_run(tmp_path, "second")
    backend.queue = [("first", 1), ("second", 1)]
    agent = start_agent(url, tmp_path)
    until(lambda: seen(first) == "alive")
    until(lambda: backend.claims and backend.claims[-1]["alive"] == ["first"])
    assert not second.lock.exists()
    (first.path / "go").touch()
    until(lambda: seen(second) == "alive")
    assert seen(first) == "ended"
    agent.terminate()
    assert agent.wait() == 0
    assert seen(second) == "alive"  # SIGTERM to the agent leaves the run alone
    (second.path / "go").touch()
    until(lambda: seen(second) == "ended")


def test_a_run_survives_a_killed_agent_and_is_adopted_by_the_next(tmp_path: Path, backend: Backend, url: str) -> None:
    run = new_run(tmp_path, "r")
    backend.queue = [("r", 1)]
    agent = start_agent(url, tmp_path)
    until(run.read_state)
    os.killpg(agent.pid, signal.SIGKILL)
    agent.wait()
    assert seen(run) == "alive"

    backend.claims.clear()
    backend.queue = [("other", 1)]
    new_run(tmp_path, "other")
    agent = start_agent(url, tmp_path)
    until(lambda: backend.claims and backend.claims[-1]["alive"] == ["r"])
    (run.path / "go").touch()
    until(lambda: seen(run) == "ended")
    exit = run.read_exit()
    assert exit is not None
    assert (exit.how, exit.exit_code) == ("exited", 5)
    until(lambda: seen(RunDir(tmp_path / "other")) == "alive")
    (tmp_path / "other" / "go").touch()
    until(lambda: seen(RunDir(tmp_path / "other")) == "ended")
    agent.terminate()
    agent.wait()


def test_a_killed_shim_makes_the_run_lost_and_none_of_its_processes_remains(tmp_path: Path) -> None:
    run = Supervised(tmp_path / "r", children.command("starts_another"))
    grandchild = run.numbers(1)[0]
    state = run.state()
    assert settled(tmp_path) == ["r"]
    run.shim.kill()
    run.shim.wait()
    assert seen(run.run) == "lost"
    until(lambda: not is_living(state.child_pid))  # it dies with the shim
    assert is_living(grandchild)  # in a session of its own, as torchrun's ranks are
    assert settled(tmp_path) == []
    exit = run.run.read_exit()
    assert exit is not None
    assert (exit.attempt, exit.how, exit.killed) == (1, "lost", True)
    assert not is_living(grandchild)


def test_the_copy_of_a_live_runs_folder_is_not_that_run(tmp_path: Path) -> None:
    run = Supervised(tmp_path / "r", SLEEPS)
    child = run.state().child_pid
    copies = tmp_path / "copies"
    (copies / "r").mkdir(parents=True)
    for file in run.run.path.iterdir():
        (copies / "r" / file.name).write_bytes(file.read_bytes())
    assert settled(copies) == []
    assert seen(RunDir(copies / "r")) == "ended"
    assert is_living(child)
    assert seen(run.run) == "alive"
    run.shim.terminate()
    run.exit()


def test_a_folder_that_no_shim_wrote_is_left_alone(tmp_path: Path) -> None:
    copied = new_run(tmp_path, "copied")
    copied.log(1).write_text("{}\n")
    assert settled(tmp_path) == []
    assert sorted(path.name for path in copied.path.iterdir()) == ["1.jsonl", "config.json"]


def test_an_older_attempts_exit_does_not_end_the_newer_one(tmp_path: Path) -> None:
    first = Supervised(tmp_path / "r", "pass")
    first.exit()
    second = Supervised(tmp_path / "r", SLEEPS, attempt=2)
    second.state()
    second.shim.kill()
    second.shim.wait()
    assert settled(tmp_path) == []
    exit = second.run.read_exit()
    assert exit is not None
    assert (exit.attempt, exit.how) == (2, "lost")


def test_a_lost_run_is_settled_after_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Supervised(tmp_path / "r", SLEEPS)
    run.state()
    run.shim.kill()
    run.shim.wait()
    until(lambda: seen(run.run) != "alive")  # what it has just started may hold the lock for a moment
    agent = Agent("http://127.0.0.1:9", tmp_path, "a")

    def full(_run: RunDir, _exit: Exit) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr(RunDir, "write_exit", full)
        assert agent.survey() == agent.survey() == []
    assert capsys.readouterr().out.count("No space left on device") == 1
    agent.survey()
    agent.client.close()
    assert seen(run.run) == "ended"


def test_it_waits_for_a_backend_that_is_away_and_says_so_once(tmp_path: Path, backend: Backend) -> None:
    with serve(backend) as address:
        port = int(address.rpartition(":")[2])
    output = tmp_path / "agent.out"
    agent = start_agent(address, tmp_path, output=output)
    until(lambda: output.exists() and "does not answer" in output.read_text())
    with serve(backend, port):
        until(lambda: backend.claims)
        until(lambda: "Resolved" in output.read_text())
    agent.terminate()
    agent.wait()
    assert output.read_text().splitlines()[0].count("does not answer") == 1
    assert output.read_text().splitlines()[-1] == "Agent a leaves."


@pytest.mark.parametrize("named", ["../r", "", "R", "missing"])
def test_a_run_that_cannot_be_started_is_said_once_and_kills_nobody(
    tmp_path: Path, backend: Backend, url: str, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    agent = Agent(url, tmp_path, "a")
    backend.queue = [(named, 1), (named, 1)]
    agent.tick()
    agent.tick()
    agent.client.close()
    assert capsys.readouterr().out.count("\n") == 1
    assert list(tmp_path.iterdir()) == [heartbeat.path(tmp_path)]


def test_a_refusal_is_passed_on_in_the_backends_words(
    tmp_path: Path, backend: Backend, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    agent = Agent(url, tmp_path, "a")
    backend.status = 403
    agent.tick()
    agent.tick()
    agent.client.close()
    assert capsys.readouterr().out.startswith("The backend refused the claim with 403")


TOKEN = "a-token-of-more-than-20-signs"


def test_it_shows_its_token(tmp_path: Path, backend: Backend, url: str) -> None:
    for token, header in ((None, None), (TOKEN, f"Bearer {TOKEN}")):
        agent = Agent(url, tmp_path, "a", token)
        try:
            agent.tick()
        finally:
            agent.client.close()
        assert backend.authorizations[-1] == header


def test_a_refused_token_is_said_once_and_shown_again_a_minute_later(
    tmp_path: Path, backend: Backend, url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = (
        f"The backend at {url} does not take this agent's token: set LORADECK_TOKEN or LORADECK_TOKEN_FILE "
        "to the backend's, and start the agent again.\n"
    )
    agent = Agent(url, tmp_path, "a", TOKEN)
    try:
        backend.status = 401
        for _ in range(3):
            agent.tick()
        assert capsys.readouterr().out == said
        assert len(backend.claims) == 1
        monkeypatch.setattr("trainer.agent.claim_client.REFUSED_S", 0)
        agent.client._claims_from = 0
        for _ in range(2):
            agent.tick()
        assert len(backend.claims) == 3
        assert capsys.readouterr().out == ""
        backend.status = 429
        for _ in range(2):
            agent.tick()
        assert capsys.readouterr().out.count("got too many wrong tokens from this address") == 1
        backend.status = 204
        agent.tick()
        assert capsys.readouterr().out.startswith("Resolved: ")
    finally:
        agent.client.close()


@pytest.mark.parametrize("by_file", [False, True])
def test_the_token_comes_from_the_environment_and_its_runs_do_not_get_it(
    tmp_path: Path, backend: Backend, url: str, monkeypatch: pytest.MonkeyPatch, by_file: bool
) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    monkeypatch.setenv(*("LORADECK_TOKEN_FILE", str(file)) if by_file else ("LORADECK_TOKEN", TOKEN))
    logs = tmp_path / "logs"
    logs.mkdir()
    run = new_run(logs, "r")
    backend.queue = [("r", 1)]
    agent = start_agent(url, logs, "prints_token_variables")
    until(lambda: seen(run) == "ended")
    agent.terminate()
    assert agent.wait() == 0
    assert run.text_log(1).read_text() == "[]\n"
    assert backend.authorizations[0] == f"Bearer {TOKEN}"


def test_a_token_that_is_none_is_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LORADECK_TOKEN", "short")
    done = subprocess.run(
        [sys.executable, "-m", "trainer", "agent", "--logs-dir", str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("LORADECK_TOKEN holds no token")
    assert done.stderr.count("\n") == 1


def test_it_needs_neither_torch_nor_the_backend(tmp_path: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "trainer", "agent", "--help"]
    loads_runs = "import trainer.agent.agent, trainer.supervision.foreground"
    for line in (command, [*command[:3], "-c", loads_runs]):
        done = subprocess.run(line, cwd=REPOSITORY, capture_output=True, text=True, check=True)
        loaded = {name.strip().partition(".")[0] for name in re.findall(r"\|([^|]+)$", done.stderr, re.M)}
        assert "trainer" in loaded
        assert not loaded & {"torch", "services", "fastapi", "diffsynth", "transformers"}


def test_the_assignment_reaches_the_trainer_command(tmp_path: Path) -> None:
    from trainer.supervision import launcher

    run = RunDir(tmp_path / "r")
    one = launcher.command(run, 2, ranks=1)
    assert one == [sys.executable, "-m", "trainer.train", str(run.path), "2"]
    two = launcher.command(run, 2, ranks=2)
    assert two[1:6] == ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    assert two[6:] == one[1:]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_task_is_its_child_and_leaves_with_it(tmp_path: Path, backend: Backend, url: str, number: int) -> None:
    folder = tmp_path / ".tasks" / "scan-1"
    folder.mkdir(parents=True)
    (folder / "request.json").write_text("{}")
    backend.tasks = ["scan-1"]
    agent = start_agent(url, tmp_path, "writes_pid")
    pid = int(until(lambda: (folder / "pid").exists() and (folder / "pid").read_text()))
    until(lambda: backend.claims[-1]["tasks"] == ["scan-1"])
    backend.tasks = ["../x", "scan-2"]
    until(lambda: not backend.tasks)
    until(lambda: backend.claims[-1]["tasks"] == ["scan-1"])
    agent.send_signal(number)
    agent.wait()
    until(lambda: not is_living(pid))
