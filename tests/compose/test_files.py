"""What the files say, judged before anything is built."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.compose.engine import Engine
from tests.compose.stack import ROOT
from trainer.agent import host

DOCKERFILES = sorted((ROOT / "docker").glob("*.Dockerfile"))
FILES = {
    "gpu": ["docker-compose.yml"],
    "cpu": ["docker-compose.yml", "docker-compose.cpu.yml"],
    "tls": ["docker-compose.yml", "docker-compose.tls.yml"],
}


def config(engine: Engine, files: list[str], settings: str, tmp_path: Path) -> dict[str, Any]:
    """What Compose makes of the files, with `settings` alone to fill in."""
    chosen = tmp_path / "env"
    chosen.write_text(settings)
    named = [word for file in files for word in ("--file", str(ROOT / file))]
    printed = engine.docker("compose", "--env-file", str(chosen), *named, "config", "--format", "json")
    read: dict[str, Any] = json.loads(printed)
    return read


@pytest.fixture(params=FILES)
def read(request: pytest.FixtureRequest, engine: Engine, tmp_path: Path) -> dict[str, Any]:
    return config(engine, FILES[request.param], "LORADECK_TLS_DIR=/etc/tls\n", tmp_path)


def test_every_service_is_locked_down(read: dict[str, Any]) -> None:
    assert set(read["services"]) == {"backend", "frontend", "trainer"}
    for service in read["services"].values():
        assert service["read_only"] is True
        assert service["init"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "userns_mode"} & set(service)
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] == "CMD"
        assert service["logging"] == {"driver": "json-file", "options": {"max-file": "3", "max-size": "10m"}}
        sources = [volume["source"] for volume in service.get("volumes", [])]
        assert not any("docker.sock" in source or source in ("/", "/var", "/run", "/var/run") for source in sources)


def test_one_port_is_published_on_loopback(read: dict[str, Any]) -> None:
    ports = {name: service.get("ports", []) for name, service in read["services"].items()}
    (port,) = ports.pop("frontend")
    assert (port["host_ip"], port["published"], port["target"]) == ("127.0.0.1", "8642", 8080)
    assert not any(ports.values())


def test_the_gpus_are_asked_for_by_one_file_and_not_by_the_other(engine: Engine, tmp_path: Path) -> None:
    device = {"driver": "nvidia", "count": -1, "capabilities": ["gpu"]}
    trainer = config(engine, FILES["gpu"], "", tmp_path)["services"]["trainer"]
    assert trainer["deploy"]["resources"]["reservations"]["devices"] == [device]
    assert "deploy" not in config(engine, FILES["cpu"], "", tmp_path)["services"]["trainer"]


def test_the_trainer_has_time_to_save_when_it_is_stopped(read: dict[str, Any]) -> None:
    least_s = host.AGENT_LEAVES_S + host.STOP_LIMIT_S + host.TERM_LIMIT_S + host.KILL_LIMIT_S
    period = re.fullmatch(r"(?:(\d+)m)?(\d+)s", read["services"]["trainer"]["stop_grace_period"])
    assert period is not None
    minutes, seconds = period.groups("0")
    assert int(minutes) * 60 + int(seconds) > least_s


def test_every_variable_is_explained_once(engine: Engine) -> None:
    texts = [(ROOT / name).read_text() for name in ("docker-compose.yml", "docker-compose.tls.yml")]
    used = set(re.findall(r"\$\{(\w+)", "".join(texts))) | {"COMPOSE_FILE"}
    paragraphs = (ROOT / ".env.example").read_text().strip().split("\n\n")
    explained = []
    for paragraph in paragraphs[1:]:
        *comment, setting = paragraph.splitlines()
        assert comment, paragraph
        assert all(line.startswith("# ") for line in comment), paragraph
        explained += re.findall(r"^#(\w+)=", setting)
    assert sorted(explained) == sorted(used)


def test_what_is_explained_is_the_default(engine: Engine, tmp_path: Path) -> None:
    """Every line of .env.example may be taken over as it is, and changes nothing."""
    example = re.sub(r"^#(?=\w+=)", "", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)
    assert config(engine, FILES["gpu"], example, tmp_path) == config(engine, FILES["gpu"], "", tmp_path)


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    words = [hadolint, "--config", ROOT / "docker/hadolint.yaml", *DOCKERFILES]
    done = subprocess.run(words, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_base_images_are_pinned_by_tag() -> None:
    lines = [line for file in DOCKERFILES for line in re.findall(r"^FROM (\S+)", file.read_text(), re.MULTILINE)]
    assert lines
    assert all(name == "scratch" or re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?(-\w+)+", name) for name in lines)


def test_each_extra_is_in_an_image() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    installed = [name for file in DOCKERFILES for name in re.findall(r"requirements\.py (\w+)", file.read_text())]
    assert sorted(installed) == ["server", "trainer"]
    assert extras["all"] == ["loradeck[server,trainer]"]
