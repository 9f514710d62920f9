"""A whole Loradeck for a test: `loradeck up` as a person starts it, on folders and a port of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.harness.waiting import DEADLINE_S, until

ACCEPTANCE = Path(__file__).parents[3] / "shared" / "acceptance" / "check_run_folder.py"
ENDED = {"succeeded", "stopped", "failed", "lost"}


def processes(marker: str) -> list[int]:
    """The ids of the living processes with `marker` in their command line or environment."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            text = (folder / "cmdline").read_bytes() + b"\0" + (folder / "environ").read_bytes()
        except OSError:
            continue
        if state != "Z" and marker.encode() in text:
            found.append(int(folder.name))
    return found


class Deck:
    """A running Loradeck, seen from outside: its URL, its folders, its processes."""

    def __init__(self, folder: Path, process: "subprocess.Popen[str]", token: str | None) -> None:
        self.logs_dir = folder / "logs"
        self.state_dir = folder / "state"
        self.process = process
        self.http = httpx.Client(timeout=DEADLINE_S, headers={"Authorization": f"Bearer {token}"} if token else {})

    @property
    def url(self) -> str:
        return str(json.loads((self.state_dir / "backend.json").read_text())["url"]).rstrip("/")

    def get(self, path: str, **params: Any) -> Any:
        answer = self.http.get(self.url + path, params=params)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: object = None) -> Any:
        answer = self.http.post(self.url + path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def start_run(self, **config: Any) -> str:
        return str(self.post("/api/runs", {"config": config})["id"])

    def run(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/api/runs/{run_id}")
        return found

    def wait_for_step(self, run_id: str, step: int) -> None:
        def look() -> bool:
            run = self.run(run_id)
            assert run["state"] not in {"failed", "lost"}, run["message"]
            return bool(run["step"] >= step)

        until(look, f"step {step}")

    def wait_for_end(self, run_id: str) -> dict[str, Any]:
        return until(lambda: (run := self.run(run_id))["state"] in ENDED and run, "the end")

    def steps_served(self, run_id: str) -> list[int]:
        """Every step of the loss curve, as the metrics API gives it at full resolution."""
        answer = self.get("/api/metrics", run=run_id, keys="train/loss", buckets=100_000)
        (series,) = answer["runs"][0]["series"]
        steps: list[int] = series["x"]
        return steps

    def backend_pid(self) -> int:
        return int(json.loads((self.state_dir / "backend.json").read_text())["pid"])

    def agent_pids(self) -> list[int]:
        """Of the agents that live, by their command line."""
        found = []
        for pid in processes(str(self.logs_dir)):
            with suppress(OSError):
                if b"agent" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                    found.append(pid)
        return found

    def agent_pid(self) -> int:
        return self.agent_pids()[0]

    def shim_pid(self, run_id: str) -> int:
        return int(json.loads((self.logs_dir / run_id / "state.json").read_text())["shim_pid"])


@contextmanager
def deck(folder: Path, *args: str, token: str | None = None) -> Iterator[Deck]:
    """Loradeck up on `folder`; at the end everything of it and of its runs is gone."""
    log = folder / "up.log"
    command = [sys.executable, "-m", "loradeck", "up", "--port", "0"]
    command += ["--logs-dir", str(folder / "logs"), "--state-dir", str(folder / "state"), *args]
    environment = {**os.environ, "LORADECK_DATA_ROOTS": "/", "DIFFSYNTH_SKIP_DOWNLOAD": "true"}
    environment |= {"LORADECK_TOKEN": token} if token else {}
    with open(log, "w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, text=True, env=environment, start_new_session=True)
    found = Deck(folder, process, token)
    try:

        def healthy() -> bool:
            assert process.poll() is None, log.read_text()
            return (folder / "state" / "backend.json").exists() and bool(found.get("/api/health")["agents"])

        until(healthy, "Loradeck")
        yield found
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
        for pid in processes(str(folder)):
            os.kill(pid, signal.SIGKILL)
        found.http.close()


def check_run_folder(folder: Path, *args: str) -> None:
    """The independent acceptance check, where it lies beside the checkout."""
    if ACCEPTANCE.exists():
        done = subprocess.run([sys.executable, str(ACCEPTANCE), str(folder), *args], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
