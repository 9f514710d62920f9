"""Loradeck as its containers run it, without the containers: a backend and a host, each stopped and started alone."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.harness.loradeck_up import Deck, processes
from tests.harness.waiting import DEADLINE_S, until


class Hosted(Deck):
    """`process` is the host's, `backend` the backend's; both print into files in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        (folder / "state").mkdir()
        self.start_backend()
        super().__init__(folder, self._host(), token=None)

    def start_backend(self) -> None:
        address = self.folder / "state" / "backend.json"
        address.unlink(missing_ok=True)
        self.backend = self._spawn("services.backend")
        until(address.exists, "the backend")

    def stop_backend(self) -> None:
        self.backend.terminate()
        self.backend.wait(DEADLINE_S)

    def start_host(self) -> None:
        self.process = self._host()

    def stop_host(self) -> None:
        """As `docker stop` does."""
        self.process.terminate()
        assert self.process.wait(DEADLINE_S) == 0, self.told()

    def told(self) -> str:
        """What the host and its agent have printed."""
        return (self.folder / "trainer.out").read_text()

    def pull_the_plug(self, run_id: str) -> None:
        """Kill host, agent, shim and run, all of them stopped before, so that none sees another's end."""
        pids = {self.process.pid, self.shim_pid(run_id), *processes(str(self.logs_dir))} - {self.backend.pid}
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in sorted(pids):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
        self.process.wait()
        until(lambda: processes(f"LORADECK_RUN_ID={run_id}") == [], "the end of all")

    def pretend_an_earlier_boot(self, run_id: str) -> None:
        """What a reboot changes, as it is seen from a run folder."""
        state = self.logs_dir / run_id / "state.json"
        state.write_text(json.dumps(json.loads(state.read_text()) | {"boot_id": "the boot before"}))

    def _host(self) -> "subprocess.Popen[str]":
        server = f"http://127.0.0.1:{self.port}"
        return self._spawn("trainer", "host", "--server", server, "--logs-dir", str(self.folder / "logs"))

    def _spawn(self, module: str, *args: str) -> "subprocess.Popen[str]":
        environment = {
            **os.environ,
            "LORADECK_LOGS_DIR": str(self.folder / "logs"),
            "LORADECK_STATE_DIR": str(self.folder / "state"),
            "LORADECK_PORT": str(self.port),
            "LORADECK_DATA_ROOTS": "/",
        }
        command = [sys.executable, "-m", module, *args]
        with open(self.folder / f"{module.partition('.')[0]}.out", "a") as out:
            return subprocess.Popen(command, stdout=out, stderr=out, text=True, env=environment)


@contextmanager
def hosted(folder: Path) -> Iterator[Hosted]:
    """Both up on `folder`; at the end everything of them and of their runs is gone."""
    found = Hosted(folder)
    try:
        until(lambda: bool(found.get("/api/health")["agents"]), "the agent")
        yield found
    finally:
        for process in (found.process, found.backend):
            process.kill()
            process.wait()
        for pid in processes(str(folder)):
            os.kill(pid, signal.SIGKILL)
        found.http.close()
