"""Brings the backend and the agent up as child processes, keeps them up, and ends them together.

Runs are no children of these: they go on under their shims when Loradeck ends, and the next one adopts them.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable

import httpx

from services.backend.settings import Settings
from trainer.contract.messages import Message, message, sentence
from trainer.contract.problem import Problem
from trainer.contract.token import TOKEN
from trainer.supervision.child import Child
from trainer.supervision.launcher import alive_runs
from trainer.supervision.piped_process import exit_text
from trainer.telemetry.progress import ProgressLine

LOOK_S = 0.1
START_LIMIT_S = 60.0
LEAVE_LIMIT_S = 10.0
USER_ERROR = 2
"""The exit status of a backend that cannot start for a reason that a person has to mend; its last line says which."""


class Loradeck:
    """A running Loradeck: `start` it, `wait_until_up`, call `look_after` again and again, `end` it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.asked_to_leave = 0
        self.line = ProgressLine()
        self._children: list[Child] = []

    def start(self) -> None:
        """Spawn both processes; SIGINT and SIGTERM are counted from here on in `asked_to_leave`."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask_to_leave)
        settings = self.settings
        try:
            settings.state_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Problem(message("state_dir", folder=settings.state_dir, reason=error.strerror)) from None
        environment = {
            **os.environ,
            "LORADECK_LOGS_DIR": str(settings.logs_dir),
            "LORADECK_STATE_DIR": str(settings.state_dir),
            "LORADECK_HOST": settings.host,
            "LORADECK_PORT": str(settings.port),
            "LORADECK_DATA_ROOTS": os.pathsep.join(map(str, settings.data_roots)),
            "PYTHONUNBUFFERED": "1",
        }
        host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
        self.server = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
        agent = [sys.executable, "-m", "trainer", "agent", "--server", self.server]
        agent += ["--logs-dir", str(settings.logs_dir)]
        for name, argv in (("backend", [sys.executable, "-m", "services.backend"]), ("agent", agent)):
            self._children.append(Child(name, argv, environment, settings.state_dir / f"{name}.log"))
        token = settings.token
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        self.http = httpx.Client(base_url=self.server, timeout=10, trust_env=False, headers=headers)

    def wait_until_up(self) -> None:
        """Until the backend answers and says that it is ours. Raises: Problem."""
        backend = self._children[0]
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and not self.asked_to_leave:
            if (status := backend.process.poll()) is not None:
                last = backend.last_line()
                if status == USER_ERROR and last:
                    raise Problem(Message("backend", last))
                said = message("backend.not_started", how=exit_text(status), last=last, log=backend.log)
                raise Problem(said)
            if self._listens(backend.process.pid):
                return
            time.sleep(LOOK_S)
        if not self.asked_to_leave:
            raise Problem(message("backend.not_answering", limit_s=START_LIMIT_S, log=backend.log))

    def look_after(self) -> None:
        """Start again what has ended."""
        for child in self._children:
            if said := child.look_after():
                self.line.say(said)

    def stay(self, until: Callable[[], bool] = lambda: False) -> None:
        """Look after the children until asked to leave, or until `until` is true."""
        while not self.asked_to_leave and not until():
            self.look_after()
            time.sleep(LOOK_S)

    def end(self) -> None:
        """End both processes, the agent first so that it starts nothing more."""
        for child in reversed(self._children):
            if child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + LEAVE_LIMIT_S
        for child in reversed(self._children):
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        if self._children:
            self.http.close()
        if alive := alive_runs(self.settings.logs_dir):
            names = ", ".join(run.run_id for run in alive)
            self.line.say(sentence("command.runs_go_on", runs=names))

    def _listens(self, pid: int) -> bool:
        try:
            if json.loads(self.settings.address_file.read_bytes())["pid"] != pid:
                return False
            return self.http.get("/api/alive").status_code == 200
        except (OSError, ValueError, httpx.HTTPError):
            return False

    def _ask_to_leave(self, *_: object) -> None:
        self.asked_to_leave += 1


def choose_port(settings: Settings, fixed: bool) -> Settings:
    """`settings` with the port to use: a free one for 0, and where one that is not `fixed` is taken."""
    if settings.port != 0 and (fixed or _is_free(settings.host, settings.port)):
        return settings
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((settings.host, 0))
        free = probe.getsockname()[1]
    if settings.port:
        print(sentence("command.port_taken", port=settings.port, free=free), flush=True)
    return settings.model_copy(update={"port": free})


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as uvicorn does
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def up(settings: Settings) -> int:
    """`loradeck up`: until Ctrl-C."""
    deck = Loradeck(settings)
    try:
        deck.start()
        deck.wait_until_up()
        if not deck.asked_to_leave:
            say_where(deck)
        deck.stay()
    finally:
        deck.end()
    return 0


def say_where(deck: Loradeck) -> None:
    """Where it is, and which token the page asks for, which is not shown: what a terminal shows is kept and shared."""
    settings = deck.settings
    print(sentence("command.up", url=deck.server), flush=True)
    if settings.token is not None:
        print(sentence("command.up_token", place=settings.token_file or TOKEN), flush=True)
    print(sentence("command.up_end"), flush=True)
