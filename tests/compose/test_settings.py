"""What a person may set in `.env`: a token of one's own, folders, HTTPS under a name."""

import json
import os
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.compose.conftest import Up
from tests.compose.engine import Engine
from tests.compose.stack import CPU_FILES, Stack
from tests.e2e.test_faults import small
from tests.harness.waiting import DEADLINE_S, until

UID = 10001
NAME = "deck.example"
IDLE_S = 121


def test_a_token_and_a_folder_of_ones_own(up: Up, engine: Engine) -> None:
    chosen = "a-token-of-somebodys-own-choice"
    logs_dir = engine.work / "own-logs"
    logs_dir.mkdir(exist_ok=True)
    os.chown(logs_dir, UID, UID)
    with up(LORADECK_TOKEN=chosen, LORADECK_LOGS_DIR=str(logs_dir)) as stack:
        assert stack.token == chosen
        assert until(lambda: stack.get("/api/health")["agents"], "the agent")
        environments = [stack.container(name)["Config"]["Env"] for name in ("frontend", "trainer")]
        assert not any(chosen in line for environment in environments for line in environment)
        run_id = stack.start_run(**small(Path("/data")))
        until((logs_dir / run_id / "config.json").is_file, "the run's folder")


@pytest.fixture
def certificate(engine: Engine, images: None) -> Path:
    """A folder with a certificate that nobody has signed but itself, for NAME and this machine."""
    folder = engine.work / "tls"
    folder.mkdir(exist_ok=True)
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}"]
    make += ["-addext", f"subjectAltName=DNS:{NAME},IP:127.0.0.1"]
    make += ["-keyout", "/tls/privkey.pem", "-out", "/tls/fullchain.pem"]
    engine.docker("run", "--rm", "--network", "none", "--volume", f"{folder}:/tls", "debian:12.12-slim", *make)
    for path in folder.iterdir():
        os.chown(path, UID, UID)
    return folder


@pytest.fixture
def secure(up: Up, certificate: Path) -> Iterator[Stack]:
    files = f"{CPU_FILES}:docker-compose.tls.yml"
    with up(COMPOSE_FILE=files, LORADECK_TLS_DIR=str(certificate), LORADECK_PUBLIC_HOSTS=NAME) as stack:
        yield stack


def test_https_under_a_name_with_a_socket_that_is_idle_for_two_minutes(secure: Stack, certificate: Path) -> None:
    trusted = ssl.create_default_context(cafile=str(certificate / "fullchain.pem"))
    with secure.live(ssl=trusted, ping_interval=None) as live:
        assert json.loads(live.recv(20))["type"] == "hello"
        idle_since = time.monotonic()
        browser = httpx.Client(
            base_url=secure.http.base_url, verify=trusted, headers={"Host": NAME}, timeout=DEADLINE_S
        )
        with browser:
            assert browser.get("/").http_version == "HTTP/1.1"
            signed_in = browser.post(
                "/api/session", json={"token": secure.token}, headers={"Origin": f"https://{NAME}"}
            )
            assert "Secure" in signed_in.headers["set-cookie"]
            assert browser.get("/api/runs", headers={"Host": "other.example"}).json()["code"] == "unknown_host"
        plain = httpx.get(f"http://127.0.0.1:{secure.port}/run/?id=a")
        assert (plain.status_code, plain.headers["location"]) == (308, f"https://127.0.0.1:{secure.port}/run/?id=a")
        secure.inside("frontend", "nginx", "-c", "/etc/loradeck/tls.conf", "-s", "reload")  # as for a new certificate
        with pytest.raises(TimeoutError):
            live.recv(IDLE_S)
        assert time.monotonic() - idle_since > 120
        run_id = secure.start_run(**small(Path("/data"), max_steps=2))
        frames = iter(lambda: json.loads(live.recv(30)), None)
        assert next(frame for frame in frames if run_id in {run["id"] for run in frame["runs"]})
