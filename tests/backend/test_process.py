"""The backend as a process: killed, started twice, told to leave."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.harness.waiting import DEADLINE_S, until


def environment(folder: Path, **more: str) -> dict[str, str]:
    known = {"LORADECK_LOGS_DIR": str(folder / "logs"), "LORADECK_STATE_DIR": str(folder / "state")}
    return {**os.environ, "LORADECK_PORT": "0", **known, **more}


def command() -> list[str]:
    return [sys.executable, "-m", "services.backend"]


@contextmanager
def process(folder: Path, **more: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A backend and its URL."""
    address = folder / "state" / "backend.json"
    address.unlink(missing_ok=True)
    with subprocess.Popen(command(), env=environment(folder, **more), stdout=subprocess.PIPE, text=True) as child:
        try:
            until(lambda: address.exists() or child.poll() is not None, "the backend's start")
            found = json.loads(address.read_text())
            assert found["pid"] == child.pid
            assert found["url"] == f"http://127.0.0.1:{found['port']}"
            yield child, found["url"]
        finally:
            if child.poll() is None:
                child.kill()


def wait_for_step(url: str, step: int) -> None:
    def look() -> bool:
        answer = httpx.get(f"{url}/api/runs/steady", timeout=DEADLINE_S)
        return answer.status_code == 200 and int(answer.json()["step"]) >= step

    until(look, f"step {step}")


def test_killed_three_times_every_step_is_there_once(tmp_path: Path) -> None:
    last = 2500
    folder = tmp_path / "logs" / "steady"
    writer = subprocess.Popen([sys.executable, "-m", "tests.harness.steady_writer", str(folder), str(last)])
    try:
        until((folder / "1.jsonl").exists, "the writer's start")
        for kill in range(3):
            with process(tmp_path) as (child, url):
                wait_for_step(url, 200 * (kill + 1))
                child.kill()
        assert writer.wait(DEADLINE_S) == 0
        with process(tmp_path) as (_, url):
            wait_for_step(url, last)
            query = f"{url}/api/metrics?run=steady&keys=train/loss&buckets=10000"
            (series,) = httpx.get(query).json()["runs"][0]["series"]
            assert series["x"] == list(range(1, last + 1))
    finally:
        writer.kill()
        writer.wait()
    with sqlite3.connect(tmp_path / "state" / "loradeck.db") as database:
        rows = [step for (step,) in database.execute("SELECT step FROM point")]
        sealed = database.execute("SELECT first_step, n FROM segment").fetchall()
        for first, count in sealed:
            rows += range(first, first + count)
        assert sorted(rows) == list(range(1, last + 1))
        assert database.execute("SELECT count(*) FROM fault").fetchone() == (0,)
    database.close()


def test_it_says_where_it_listens_and_leaves_cleanly(tmp_path: Path) -> None:
    with process(tmp_path) as (child, url), connect(f"{url.replace('http', 'ws', 1)}/api/live") as socket:
        assert child.stdout is not None
        assert child.stdout.readline() == f"Loradeck is at {url}\n"
        assert httpx.get(f"{url}/api/health").json()["logs_dir"] == str(tmp_path / "logs")
        socket.recv(timeout=DEADLINE_S)
        done = subprocess.run(command(), env=environment(tmp_path), capture_output=True, text=True, timeout=DEADLINE_S)
        assert (done.returncode, done.stdout) == (2, "")
        assert re.fullmatch(r"Another Loradeck is running on \S+/logs: stop that one, [^\n]+\n", done.stderr)
        child.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=DEADLINE_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012, "service restart: come back"
        assert child.wait(DEADLINE_S) in (0, -signal.SIGTERM)
        assert not (tmp_path / "state" / "backend.json").exists()


def test_with_a_token_it_listens_on_every_address_and_goes_by_the_one_it_is_reached_at(tmp_path: Path) -> None:
    token = "a-token-of-more-than-20-signs"
    (tmp_path / "token").write_text(token)
    known = {"LORADECK_HOST": "0.0.0.0", "LORADECK_TOKEN_FILE": str(tmp_path / "token")}
    with process(tmp_path, **known) as (child, url):
        port = url.rpartition(":")[2]
        for host in ("127.0.0.1", "127.0.0.2"):
            assert httpx.get(f"http://{host}:{port}/api/alive").json() == {"status": "ok"}
            assert httpx.get(f"http://{host}:{port}/api/runs").status_code == 401
        bearer = {"Authorization": f"Bearer {token}"}
        assert httpx.get(f"http://127.0.0.1:{port}/api/runs", headers=bearer).json() == []
        for name in ("127.0.0.2", "0.0.0.0", "203.0.113.9", "evil.example"):
            answer = httpx.get(f"http://127.0.0.1:{port}/api/alive", headers={"Host": f"{name}:{port}"})
            assert answer.json()["code"] == "unknown_host"
        child.send_signal(signal.SIGTERM)
        assert child.wait(DEADLINE_S) in (0, -signal.SIGTERM)


def test_a_refused_token_is_not_shown(tmp_path: Path) -> None:
    given = "short-secret"
    done = subprocess.run(command(), capture_output=True, text=True, env=environment(tmp_path, LORADECK_TOKEN=given))
    assert done.returncode == 2
    assert done.stderr.startswith("LORADECK_TOKEN holds no token")
    assert given not in done.stdout + done.stderr
