"""What the backend's tests share: a log's writer, a served backend, and waiting on a condition."""

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from websockets.sync.client import ClientConnection, connect

from services.backend.__main__ import server_config
from services.backend.app import create_app
from services.backend.database.db import Database
from services.backend.ingest import bulk, tail
from services.backend.ingest.run_folders import RunFolders
from services.backend.metrics import buckets, columns, segments
from services.backend.runtime import Runtime
from services.backend.settings import Settings
from tests.harness.waiting import DEADLINE_S, until
from trainer.contract import events
from trainer.contract.rundir import write_atomic


def shrink(put: Callable[[Any, str, Any], None]) -> None:
    """Segments of some ten points, cells of four and sixteen steps, and blocks that are short but read in bulk.

    `put` is `setattr`, or one that takes it back.
    """
    put(segments, "SEGMENT", 16)
    put(segments, "RECENT_ROWS", 4)
    put(segments, "SEAL_AT", 20)
    put(columns, "SIZES", (4, 16))
    put(buckets, "SIZES", (4, 16))
    put(buckets, "_MAX_UNPACKED_PER_BUCKET", 2)
    put(bulk, "MIN_BYTES", 1500)
    put(bulk, "MIN_STEPS", 5)
    put(tail, "BLOCK_BYTES", 4000)
    put(tail.read_block, "__defaults__", (4000,))


def read_on(db: Database, folders: RunFolders, run_id: str) -> None:
    """Read a run's logs to their ends, a transaction a block."""
    more = True
    while more:
        with db.write() as write:
            more = folders.read_on(write, run_id)


class LogFile:
    """Writes one event log as a trainer would: whole lines, each at once."""

    def __init__(self, folder: Path, attempt: int = 1, rank: int = 0, log_id: str = "log-1") -> None:
        role = {-1: ".shim", 0: ""}.get(rank, f".rank{rank}")
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{attempt}{role}.jsonl"
        self.attempt, self.rank, self.log_id, self.run_id = attempt, rank, log_id, folder.name
        self.seq = 0
        self.ts = time.time() - 1000.0

    def raw(self, content: bytes) -> "LogFile":
        with open(self.path, "ab", buffering=0) as file:
            file.write(content)
        return self

    def write(self, kind: type[Any], **fields: Any) -> "LogFile":
        return self.raw(self.line(kind, **fields))

    def line(self, kind: type[Any], **fields: Any) -> bytes:
        """The next event's line, not written."""
        self.ts += 1.0
        event = kind(**{"seq": self.seq, "ts": self.ts, **fields})
        self.seq = event.seq + 1
        return events.encode(event)

    def header(self, **fields: Any) -> "LogFile":
        known = {
            "schema": 1,
            "log_id": self.log_id,
            "run_id": self.run_id,
            "attempt": self.attempt,
            "rank": self.rank,
            "world_size": 2,
            "host": "gpu-host",
            "versions": {"torch": "2.9"},
        }
        return self.write(events.Header, **{**known, **fields})

    def step(self, step: int, **fields: Any) -> "LogFile":
        return self.raw(self.line_of_step(step, **fields))

    def line_of_step(self, step: int, **fields: Any) -> bytes:
        values = {"train/loss": 1.0 / step, "train/lr": 1e-4}
        return self.line(events.Step, **{"step": step, "epoch": 0, "values": values, **fields})

    def steps(self, first: int, last: int) -> "LogFile":
        return self.raw(b"".join(self.line_of_step(step) for step in range(first, last + 1)))

    def end(self, reason: str = "succeeded", **fields: Any) -> "LogFile":
        return self.write(events.End, reason=reason, **fields)


def write_exit(folder: Path, attempt: int = 1, **fields: Any) -> None:
    facts = {"attempt": attempt, "how": "exited", "exit_code": 0, "ended_at": time.time(), **fields}
    write_atomic(folder / "exit.json", json.dumps(facts).encode())


def write_state(folder: Path, attempt: int = 1) -> None:
    state = {
        "attempt": attempt,
        "host": "gpu-host",
        "boot_id": "b",
        "shim_pid": 1,
        "shim_start": 1,
        "child_pid": 2,
        "started_at": time.time(),
    }
    write_atomic(folder / "state.json", json.dumps(state).encode())


def make_dataset(folder: Path, rows: int = 2) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["video,prompt", *(f"clip-{row}.mp4,a bird in flight" for row in range(rows))]
    (folder / "metadata.csv").write_text("\n".join(lines) + "\n")
    for row in range(rows):
        (folder / f"clip-{row}.mp4").write_bytes(b"clip %d" % row)
    return folder


class Backend:
    """A served backend, seen over HTTP and WebSocket, with its runtime at hand."""

    def __init__(self, settings: Settings, runtime: Runtime, url: str) -> None:
        self.settings, self.runtime, self.url = settings, runtime, url
        token = settings.token
        self.bearer = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        self.http = httpx.Client(base_url=url, timeout=DEADLINE_S, headers=self.bearer)

    def get(self, path: str, **params: Any) -> Any:
        answer = self.http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def run(self, run_id: str) -> dict[str, Any]:
        answer = self.http.get(f"/api/runs/{run_id}")
        found: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
        return found

    def wait_for(self, run_id: str, **fields: Any) -> dict[str, Any]:
        """The run, once its fields have these values."""
        return until(
            lambda: (run := self.run(run_id)) and all(run[name] == value for name, value in fields.items()) and run,
            f"{run_id} with {fields} (it is {self.run(run_id)})",
        )

    def folder(self, run_id: str) -> Path:
        return self.settings.logs_dir / run_id

    def new_run(self, **config: Any) -> str:
        base = make_dataset(self.settings.data_roots[0] / "clips")
        answer = self.http.post("/api/runs", json={"config": {"dataset_base_path": str(base), **config}})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def claim(self, agent_id: str = "agent-1", alive: list[str] | None = None) -> dict[str, Any] | None:
        answer = self.http.post("/api/agents/claim", json={"agent_id": agent_id, "host": "h", "alive": alive or []})
        assert answer.status_code in (200, 204), answer.text
        return answer.json() if answer.status_code == 200 else None

    def live(self, *run_ids: str, since: str | None = None, **options: Any) -> ClientConnection:
        query = "&".join([f"run={run_id}" for run_id in run_ids] + ([f"since={since}"] if since else []))
        return connect(f"{self.url.replace('http', 'ws', 1)}/api/live?{query}", **options)


@contextmanager
def served(tmp_path: Path, **more: Any) -> Iterator[Backend]:
    settings = Settings(logs_dir=tmp_path / "logs", state_dir=tmp_path / "state", data_roots=(tmp_path,), **more)
    runtime = Runtime.open(settings)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(server_config(create_app(settings, runtime)))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            until(lambda: server.started or not thread.is_alive(), "the server's start")
            backend = Backend(settings, runtime, f"http://127.0.0.1:{listener.getsockname()[1]}")
            with backend.http:
                yield backend
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))
