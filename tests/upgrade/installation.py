"""A Loradeck on folders and a port of its own, whose processes may be of either code."""

import csv
import io
import json
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.harness.waiting import DEADLINE_S, until
from tests.upgrade.code import Code
from tests.upgrade.processes import kill_marked

T = TypeVar("T")
ENDED = {"succeeded", "stopped", "failed", "lost"}


class Installation:
    """A logs folder, a state folder and a port. At most one backend and one agent are up at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.logs_dir, self.state_dir = folder, folder / "logs", folder / "state"
        self.logs_dir.mkdir(exist_ok=True)
        self.state_dir.mkdir(exist_ok=True)
        self.port = free_port()
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60, trust_env=False)
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, code: Code, name: str, *argv: str) -> "subprocess.Popen[bytes]":
        """Start `python -m *argv` of `code` on this installation's folders."""
        variables = {
            "LORADECK_LOGS_DIR": str(self.logs_dir),
            "LORADECK_STATE_DIR": str(self.state_dir),
            "LORADECK_PORT": str(self.port),
            "LORADECK_DATA_ROOTS": "/",
        }
        process = code.start(self.folder / f"{name}.out", self.folder, *argv, **variables)
        self._processes.append(process)
        return process

    def start_backend(self, code: Code) -> "subprocess.Popen[bytes]":
        backend = self.start(code, "backend", "services.backend")
        self._until_healthy(backend, "backend")
        return backend

    def start_agent(self, code: Code) -> "subprocess.Popen[bytes]":
        began = time.time()
        server = f"http://127.0.0.1:{self.port}"
        agent = self.start(code, "agent", "trainer", "agent", "--server", server, "--logs-dir", str(self.logs_dir))
        self.until_asked_since(began)
        return agent

    def up(self, code: Code) -> "subprocess.Popen[bytes]":
        """Start `loradeck up`, which starts both."""
        began = time.time()
        up = self.start(code, "up", "loradeck", "up")
        self._until_healthy(up, "up")
        self.until_asked_since(began)
        return up

    def rebuild(self, code: Code) -> None:
        """Have `loradeck rebuild` make the database anew. No backend may be up."""
        assert self.start(code, "rebuild", "loradeck", "rebuild").wait(DEADLINE_S) == 0, self.printed()

    def end(self, process: "subprocess.Popen[bytes]", number: int = signal.SIGTERM) -> None:
        """Ask a process to leave, and wait until it has."""
        process.send_signal(number)
        assert process.wait(DEADLINE_S) in (0, -number), self.printed()

    def until_asked_since(self, moment: float) -> dict[str, Any]:
        """Wait until an agent has asked for work after `moment`. What the backend says of it."""

        def asked() -> dict[str, Any] | None:
            agents = self.get("/api/health")["agents"]
            return next((agent for agent in agents if agent["online"] and agent["last_seen_at"] > moment), None)

        return self.until(asked, "an agent's claim")

    def until(self, look: Callable[[], T | None], what: str) -> T:
        """As `waiting.until`; what the processes have printed is told where it does not come."""
        try:
            return until(look, what)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.printed()}") from None

    def get(self, path: str, **params: Any) -> Any:
        answer = self.http.get(path, params=params)
        assert answer.is_success, answer.text
        return answer.json()

    def post(self, path: str, body: object = None) -> Any:
        answer = self.http.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def until_step(self, run_id: str, step: int) -> None:
        """Wait until the backend serves this step of a run that goes well."""

        def reached() -> bool:
            run = self.get(f"/api/runs/{run_id}")
            assert run["state"] not in {"failed", "lost"}, run["message"]
            return bool(run["step"] >= step)

        self.until(reached, f"step {step}")

    def until_state(self, run_id: str, state: str) -> dict[str, Any]:
        """Wait until a run is in this state. Raises: AssertionError if it ends in another."""

        def reached() -> dict[str, Any] | None:
            run: dict[str, Any] = self.get(f"/api/runs/{run_id}")
            assert run["state"] == state or run["state"] not in ENDED, (run["state"], run["message"])
            return run if run["state"] == state else None

        return self.until(reached, f"the state {state}")

    def until_scanned(self, dataset_id: int) -> None:
        """Wait until the scan of a data set has succeeded."""

        def is_done() -> bool:
            scan = self.get(f"/api/datasets/{dataset_id}")["scan"]
            assert scan["state"] in {"queued", "running", "succeeded"}, scan
            return bool(scan["state"] == "succeeded")

        self.until(is_done, "the end of the scan")

    def served(self, run_id: str) -> list[tuple[int, int, dict[str, float]]]:
        """Every step that the backend has: its attempt, step and finite values, from the export as CSV."""
        answer = self.http.get(f"/api/runs/{run_id}/export")
        assert answer.is_success, answer.text
        (*names,), *rows = csv.reader(io.StringIO(answer.text))
        found = []
        for attempt, kind, step, _ts, *values in rows:
            if kind == "step":
                known = {name: float(value) for name, value in zip(names[4:], values, strict=True) if value}
                found.append((int(attempt), int(step), known))
        return found

    def cached(self) -> dict[str, tuple[int, int]]:
        """The entries of the latent cache, by path: inode and time of the last change."""
        files = (self.logs_dir / ".cache").rglob("*.safetensors")
        return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in files}

    def printed(self) -> str:
        """What the processes have printed last, for a test that fails."""
        texts = {path.name: path.read_text()[-1500:] for path in self.folder.glob("*.out")}
        return json.dumps(texts, indent=1)

    def close(self) -> None:
        self.http.close()
        kill_marked(self.folder)
        for process in self._processes:
            process.wait()

    def _until_healthy(self, process: "subprocess.Popen[bytes]", name: str) -> None:
        def healthy() -> bool:
            assert process.poll() is None, self.printed()
            return bool(self.http.get("/api/health").is_success)

        self.until(healthy, f"the answer of {name}")


def free_port() -> int:
    """A port below those that the system gives to clients: it stays free while no backend is up."""
    for port in random.sample(range(20_000, 32_000), 100):
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
    raise RuntimeError("no port is free")
