"""The project's stack as a person starts it: a checkout, a `.env` in it, and `docker compose`."""

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.compose.engine import Engine
from tests.harness.loradeck_up import Deck
from tests.harness.waiting import DEADLINE_S

ROOT = Path(__file__).parents[2]
GPU_FILE = "docker-compose.yml"
CPU_FILES = f"{GPU_FILE}:docker-compose.cpu.yml"


def check_out(folder: Path) -> Path:
    """A copy of this tree, of what git would take."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


class Stack(Deck):
    """The project in `checkout`, with `settings` as its `.env`; a deck that is seen through nginx alone."""

    def __init__(self, engine: Engine, checkout: Path, settings: dict[str, str]) -> None:
        self.engine, self.checkout = engine, checkout
        self.port = int(settings["LORADECK_PORT"])
        self.scheme = "https" if "tls" in settings["COMPOSE_FILE"] else "http"
        self.http = httpx.Client(base_url=f"{self.scheme}://127.0.0.1:{self.port}", timeout=DEADLINE_S, verify=False)
        self.set(settings)

    def set(self, settings: dict[str, str]) -> None:
        (self.checkout / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    def compose(self, *words: str, fails: bool = False) -> str:
        """What it prints, standard error too."""
        return self.engine.compose(self.checkout, *words, fails=fails)

    def up(self) -> None:
        """Until all is healthy."""
        self.compose("up", "--detach", "--wait", "--no-build")
        self.sign_in()

    def sign_in(self) -> None:
        """From now on `http` shows the token, as a script does."""
        self.token = self.inside("backend", "cat", "/token/token").strip()
        self.http.headers["Authorization"] = f"Bearer {self.token}"

    def inside(self, service: str, *words: str) -> str:
        return self.compose("exec", "--no-TTY", service, *words)

    def container(self, service: str) -> dict[str, Any]:
        """As the engine describes it."""
        number = self.compose("ps", "--all", "--quiet", service).strip()
        found: list[dict[str, Any]] = json.loads(self.engine.docker("inspect", number))
        return found[0]

    def get(self, path: str, **params: Any) -> Any:
        return _content(self.http.get(path, params=params))

    def post(self, path: str, body: object = None) -> Any:
        return _content(self.http.post(path, json=body))

    @contextmanager
    def live(self, query: str = "", with_token: bool = True, **options: Any) -> Iterator[ClientConnection]:
        """The live socket, through nginx, with the token or without."""
        url = f"{self.scheme.replace('http', 'ws')}://127.0.0.1:{self.port}/api/live?{query}"
        headers = {"Authorization": f"Bearer {self.token}"} if with_token else {}
        with connect(url, additional_headers=headers, proxy=None, open_timeout=DEADLINE_S, **options) as connection:
            yield connection


def _content(answer: httpx.Response) -> Any:
    if answer.status_code == 502:
        raise httpx.ConnectError(answer.text)  # nginx is there, but the backend is not: for a client the same
    assert answer.is_success, answer.text
    return answer.json()
