"""What `docker compose up` needs, looked at with the Docker of this machine. Standard library only: see doctor.py."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from trainer.contract.messages import Message, message, sentence

OK, WARNING, FAILURE = "ok", "warning", "failure"
ANSWER_LIMIT_S = 20
COMPOSE = (2, 24)
"""The first that can take a setting of another file away, as docker-compose.cpu.yml does."""
CPU_FILE = "docker-compose.cpu.yml"
CONTAINER_UID = 10001
TOKEN = r"[!-~]{20,500}"
"""As `trainer.contract.token` takes it."""


class Finding(NamedTuple):
    """One line of the report. `said` is what was found, and in its hint what to do about it."""

    standing: str
    subject: str
    said: Message


def finding(standing: str, subject: str, said: Message) -> Finding:
    """Return a finding on one of the table's subjects: `python` is `doctor_subject.python` there."""
    return Finding(standing, sentence(f"doctor_subject.{subject}"), said)


class Answer(NamedTuple):
    """What a program said; `status` is None where it gave no answer in time, and -1 where there is none of its name."""

    status: int | None
    out: str = ""
    err: str = ""

    @property
    def works(self) -> bool:
        return self.status == 0

    @property
    def missing(self) -> bool:
        return self.status == -1


def ask(program: str, *arguments: str) -> Answer:
    path = shutil.which(program)
    if path is None:
        return Answer(-1)
    try:
        done = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=ANSWER_LIMIT_S)
    except subprocess.TimeoutExpired:
        return Answer(None)
    except OSError as error:
        return Answer(1, err=error.strerror or str(error))
    return Answer(done.returncode if done.returncode >= 0 else 1, done.stdout, done.stderr)


def settings_of(root: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """What Compose will fill in: `.env` of the checkout, and over it the environment."""
    settings = {}
    try:
        lines = (root / ".env").read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    for line in lines:
        match = re.fullmatch(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*", line)
        if match:
            settings[match[1]] = _value(match[2])
    return {**settings, **environment}


def findings(root: Path, settings: dict[str, str], has_gpu: bool) -> list[Finding]:
    """Each step only where the one before it stands: without a daemon nothing is known of its runtimes."""
    docker = daemon()
    found = [docker]
    if docker.standing == OK:
        found += [compose(), gpus_in_containers(settings, has_gpu)]
    if docker.standing == WARNING:
        return found
    return [*found, *access(settings), *logs_owner(root, settings)]


def daemon() -> Finding:
    answer = ask("docker", "version", "--format", "{{.Server.Version}}")
    if answer.missing:
        return finding(WARNING, "docker", message("doctor.docker_missing"))
    if answer.works and answer.out.strip():
        return finding(OK, "docker", message("doctor.docker", version=answer.out.strip()))
    if "permission denied" in answer.err.lower():
        return finding(FAILURE, "docker", message("doctor.docker_forbidden"))
    return finding(FAILURE, "docker", message("doctor.docker_silent"))


def compose() -> Finding:
    answer = ask("docker", "compose", "version", "--short")
    version = answer.out.strip()
    match = re.match(r"v?(\d+)\.(\d+)", version) if answer.works else None
    if match and (int(match[1]), int(match[2])) >= COMPOSE:
        return finding(OK, "compose", message("doctor.compose", version=version))
    said = message("doctor.compose_old", version=version) if match else message("doctor.compose_missing")
    return finding(FAILURE, "compose", said)


def gpus_in_containers(settings: dict[str, str], has_gpu: bool) -> Finding:
    """The stack asks for all GPUs, unless COMPOSE_FILE names the file that takes that back."""
    subject = "container_gpus"
    if CPU_FILE in settings.get("COMPOSE_FILE", ""):
        return finding(OK, subject, message("doctor.container_gpus_unasked", file=CPU_FILE))
    if not has_gpu:
        return finding(FAILURE, subject, message("doctor.container_gpus_none", file=CPU_FILE))
    runtimes = ask("docker", "info", "--format", "{{json .Runtimes}}")
    if '"nvidia"' in runtimes.out or shutil.which("nvidia-container-runtime-hook"):
        return finding(OK, subject, message("doctor.container_toolkit"))
    if shutil.which("nvidia-ctk"):
        return finding(FAILURE, subject, message("doctor.container_toolkit_unknown"))
    return finding(FAILURE, subject, message("doctor.container_toolkit_missing", file=CPU_FILE))


def access(settings: dict[str, str]) -> list[Finding]:
    """Who else can reach what the stack publishes, and with what token."""
    bind, token = settings.get("LORADECK_BIND", "127.0.0.1"), settings.get("LORADECK_TOKEN", "")
    if token and not re.fullmatch(TOKEN, token):
        return [finding(FAILURE, "token", message("doctor.token_refused"))]
    if _is_loopback(bind):
        return [finding(OK, "published", message("doctor.published_here", address=bind))]
    if token or settings.get("LORADECK_TOKEN_FILE"):
        return [finding(WARNING, "published", message("doctor.published", address=bind))]
    return [finding(WARNING, "published", message("doctor.published_new_token", address=bind))]


def logs_owner(root: Path, settings: dict[str, str]) -> list[Finding]:
    """Nothing where the run folders are in a volume of Docker's own, as they are unless a path is given."""
    place, wanted = settings.get("LORADECK_LOGS_DIR", ""), settings.get("LORADECK_UID", str(CONTAINER_UID))
    if "/" not in place:
        return []
    folder = root / Path(place).expanduser()
    try:
        owner = folder.stat().st_uid
    except OSError:
        return [finding(WARNING, "logs", message("doctor.logs_missing", folder=folder, user=wanted))]
    if not wanted.isdigit() or owner == int(wanted):
        return [finding(OK, "logs", message("doctor.logs", folder=folder, owner=owner))]
    said = message("doctor.logs_of_another", folder=folder, owner=owner, user=wanted)
    return [finding(WARNING, "logs", said)]


def _value(text: str) -> str:
    for quote in "'\"":
        if len(text) >= 2 and text[0] == text[-1] == quote:
            return text[1:-1]
    return re.sub(r"\s+#.*", "", text)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
