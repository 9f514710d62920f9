"""`loradeck up` as a person starts it: real processes, folders of their own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.harness.shim_runs import is_living
from tests.harness.waiting import DEADLINE_S, until
from trainer.contract.token import write_token

UP = [sys.executable, "-m", "loradeck", "up"]


class Up:
    """A `loradeck up` on `folder`, its output in a file."""

    def __init__(self, folder: Path, *args: str, out: str = "out", **env: str) -> None:
        self.out, self.state = folder / out, folder / "state"
        argv = [*UP, "--logs-dir", str(folder / "logs"), "--state-dir", str(self.state), *args]
        with open(self.out, "wb") as out_file:
            environment = {**os.environ, **env}
            self.process = subprocess.Popen(
                argv, stdout=out_file, stderr=out_file, env=environment, start_new_session=True
            )

    def text(self) -> str:
        return self.out.read_text()

    def url(self) -> str:
        """Once it has said where it is."""
        until(lambda: "Loradeck is up" in self.text() or self.process.poll() is not None)
        found = re.search(r"Loradeck is up: (\S+)", self.text())
        assert found, self.text()
        return found[1]

    def children(self) -> list[int]:
        text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in text.split()]

    def backend(self) -> int:
        return int(json.loads((self.state / "backend.json").read_text())["pid"])

    def leave(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(DEADLINE_S)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    found = Up(tmp_path, "--port", "0")
    yield found
    if found.process.poll() is None:
        found.process.kill()
        found.process.wait()


def said(*args: str, **env: str) -> tuple[int, str]:
    """What a command that cannot start says, and its exit status."""
    done = subprocess.run([*UP, *args], capture_output=True, text=True, timeout=DEADLINE_S, env={**os.environ, **env})
    assert done.stdout == ""
    return done.returncode, done.stderr.strip()


def test_it_serves_until_ctrl_c_and_leaves_nothing_behind(up: Up) -> None:
    url = up.url()
    health = httpx.get(f"{url}/api/health").json()
    assert health["runs"] == 0
    until(lambda: httpx.get(f"{url}/api/agents").json())
    children = up.children()
    assert len(children) == 2
    assert up.leave() == 0
    assert not any(map(is_living, children))
    assert "Traceback" not in up.text()


def test_a_second_one_on_the_same_folders_is_told_so_in_one_sentence(up: Up, tmp_path: Path) -> None:
    up.url()
    for folders in (("logs", "state"), ("logs", "other"), ("other", "state")):
        logs, state = (str(tmp_path / name) for name in folders)
        status, sentence = said("--port", "0", "--logs-dir", logs, "--state-dir", state)
        assert status == 2
        assert sentence.count("\n") == 0
        assert sentence.startswith("Another Loradeck is running on ")
    assert up.process.poll() is None


def test_where_the_default_port_is_taken_it_takes_a_free_one(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", 8642))
            other.listen()
        except OSError:
            pass  # a Loradeck of this machine's has it: as good
        up = Up(tmp_path)
        try:
            url = up.url()
            assert not url.endswith(":8642")
            assert up.text().startswith("Port 8642 is taken; ")
            assert httpx.get(f"{url}/api/health").status_code == 200
        finally:
            up.leave()


def test_a_port_that_was_asked_for_and_is_taken_is_a_mistake(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        folders = ("--logs-dir", str(tmp_path / "logs"), "--state-dir", str(tmp_path / "state"))
        status, sentence = said("--port", port, *folders)
    assert status == 2
    assert sentence.startswith(f"Port {port} on 127.0.0.1 cannot be used")
    assert sentence.count("\n") == 0


def test_a_killed_child_is_started_again_and_it_says_so(up: Up) -> None:
    url = up.url()
    first = up.backend()
    os.kill(first, signal.SIGKILL)
    until(lambda: (up.state / "backend.json").exists() and up.backend() != first)
    until(lambda: answers(url))
    agent = next(pid for pid in up.children() if pid != up.backend())
    os.kill(agent, signal.SIGKILL)
    until(lambda: len(up.children()) == 2 and agent not in up.children())
    text = up.text()
    assert "The backend has ended (signal 9); it is started again in 0.5 s." in text
    assert "The agent has ended (signal 9); it is started again in 0.5 s." in text
    assert up.leave() == 0


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/health").status_code == 200
    except httpx.TransportError:
        return False


def test_with_a_token_its_agent_comes_in_and_others_do_not(tmp_path: Path) -> None:
    token = write_token(tmp_path / "token")
    up = Up(tmp_path, "--port", "0", "--host", "0.0.0.0", LORADECK_TOKEN_FILE=str(tmp_path / "token"))
    try:
        url = up.url()
        bearer = {"Authorization": f"Bearer {token}"}
        assert httpx.get(f"{url}/api/agents").status_code == 401
        until(lambda: httpx.get(f"{url}/api/agents", headers=bearer).json())
        assert f"It asks for the token once: the one in {tmp_path}/token." in up.text()
    finally:
        assert up.leave() == 0
    for log in (up.out, up.state / "backend.log", up.state / "agent.log"):
        assert token not in log.read_text()


def test_its_children_leave_when_it_is_killed(up: Up) -> None:
    up.url()
    children = up.children()
    up.process.kill()
    up.process.wait()
    until(lambda: not any(map(is_living, children)))


@pytest.mark.parametrize(
    ("args", "env", "sentence"),
    [
        (["--port", "70000"], {}, "port: Input should be less than or equal to 65535, not 70000."),
        ([], {"LORADECK_PORT": "http"}, "port: Input should be a valid integer"),
        (["--state-dir", "/dev/null/x", "--port", "0"], {}, "/dev/null/x: Not a directory."),
        (["--logs-dir", "/dev/null/x", "--port", "0"], {}, "/dev/null/x cannot be written to (Not a directory)"),
        (["--port", "0"], {"LORADECK_TOKEN": "short"}, "LORADECK_TOKEN holds no token"),
        (["--host", "0.0.0.0", "--port", "0"], {}, "Loradeck listens on 0.0.0.0 only with a token"),
    ],
)
def test_a_mistake_is_answered_in_one_sentence(
    tmp_path: Path, args: list[str], env: dict[str, str], sentence: str
) -> None:
    folders = ["--logs-dir", str(tmp_path / "logs"), "--state-dir", str(tmp_path / "state")]
    status, answer = said(*folders, *args, **env)
    assert status == 2
    assert answer.startswith(sentence)
    assert answer.count("\n") == 0


def test_a_missing_package_is_named() -> None:
    done = subprocess.run([sys.executable, "-S", "-m", "loradeck", "up"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        2,
        "`loradeck up` needs the package pydantic. Run `pip install 'loradeck[server]'`.\n",
    )


def test_an_old_python_is_told_which_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from loradeck import cli

    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    assert cli.main(["up"]) == 2
    assert capsys.readouterr().err == "Loradeck needs Python 3.11 or newer; this is 3.9.\n"
