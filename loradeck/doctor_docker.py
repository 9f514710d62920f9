"""What `docker compose up` needs, looked at with the Docker of this machine. Standard library only: see doctor.py."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

OK, WARNING, FAILURE = "ok", "warning", "failure"
ANSWER_LIMIT_S = 20
COMPOSE = (2, 24)
"""The first that can take a setting of another file away, as docker-compose.cpu.yml does."""
CPU_FILE = "docker-compose.cpu.yml"
CONTAINER_UID = 10001
TOKEN = r"[!-~]{20,500}"
"""As `trainer.contract.token` takes it."""


class Finding(NamedTuple):
    standing: str
    subject: str
    found: str
    remedy: str = ""


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
        remedy = "Only needed for `docker compose up`: docs.docker.com/engine/install"
        return Finding(WARNING, "Docker", "not installed", remedy)
    if answer.works and answer.out.strip():
        return Finding(OK, "Docker", answer.out.strip())
    if "permission denied" in answer.err.lower():
        remedy = "sudo usermod -aG docker $USER, and log in again (the group has the rights of root); or use sudo."
        return Finding(FAILURE, "Docker", "its daemon may not be used by you", remedy)
    return Finding(FAILURE, "Docker", "its daemon does not answer", "sudo systemctl enable --now docker")


def compose() -> Finding:
    answer = ask("docker", "compose", "version", "--short")
    version = answer.out.strip()
    match = re.match(r"v?(\d+)\.(\d+)", version) if answer.works else None
    if match and (int(match[1]), int(match[2])) >= COMPOSE:
        return Finding(OK, "Compose", version)
    found = f"{version} is too old" if match else "not installed"
    remedy = "Install the docker-compose-plugin (Debian and Ubuntu: docker-compose-v2), 2.24 or newer."
    return Finding(FAILURE, "Compose", found, remedy)


def gpus_in_containers(settings: dict[str, str], has_gpu: bool) -> Finding:
    """The stack asks for all GPUs, unless COMPOSE_FILE names the file that takes that back."""
    subject = "GPUs in containers"
    if CPU_FILE in settings.get("COMPOSE_FILE", ""):
        return Finding(OK, subject, f"not asked for: COMPOSE_FILE names {CPU_FILE}")
    on_cpu = f"COMPOSE_FILE=docker-compose.yml:{CPU_FILE} in .env is for a host without a GPU"
    if not has_gpu:
        return Finding(FAILURE, subject, "the stack asks for GPUs and no driver shows any", f"{on_cpu}.")
    runtimes = ask("docker", "info", "--format", "{{json .Runtimes}}")
    if '"nvidia"' in runtimes.out or shutil.which("nvidia-container-runtime-hook"):
        return Finding(OK, subject, "the NVIDIA container toolkit is installed")
    if shutil.which("nvidia-ctk"):
        remedy = "sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker"
        return Finding(FAILURE, subject, "the NVIDIA container toolkit is not known to Docker", remedy)
    remedy = (
        "Install nvidia-container-toolkit (docs.nvidia.com, Installing the NVIDIA Container Toolkit), then: "
        f"sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker. {on_cpu}."
    )
    return Finding(FAILURE, subject, "the NVIDIA container toolkit is not installed", remedy)


def access(settings: dict[str, str]) -> list[Finding]:
    """Who else can reach what the stack publishes, and with what token."""
    bind, token = settings.get("LORADECK_BIND", "127.0.0.1"), settings.get("LORADECK_TOKEN", "")
    if token and not re.fullmatch(TOKEN, token):
        found = "LORADECK_TOKEN is not 20 to 500 letters, digits or signs"
        return [Finding(FAILURE, "Token", found, "Take what `loradeck token` prints.")]
    if _is_loopback(bind):
        return [Finding(OK, "Published to", f"{bind}: this machine alone")]
    remedy = "Others can read what is sent without TLS: see docs/docker.md."
    if not token and not settings.get("LORADECK_TOKEN_FILE"):
        remedy += " The token is made at the first start, unless you set LORADECK_TOKEN in .env."
    return [Finding(WARNING, "Published to", f"{bind}: every machine that reaches this one", remedy)]


def logs_owner(root: Path, settings: dict[str, str]) -> list[Finding]:
    """Nothing where the run folders are in a volume of Docker's own, as they are unless a path is given."""
    place, wanted = settings.get("LORADECK_LOGS_DIR", ""), settings.get("LORADECK_UID", str(CONTAINER_UID))
    if "/" not in place:
        return []
    folder = root / Path(place).expanduser()
    try:
        owner = folder.stat().st_uid
    except OSError:
        remedy = f"Docker would make it as root's: sudo install -d -o {wanted} {folder}"
        return [Finding(WARNING, "Run folders", f"{folder} is not there", remedy)]
    if not wanted.isdigit() or owner == int(wanted):
        return [Finding(OK, "Run folders", f"{folder} is user {owner}'s")]
    remedy = f"sudo chown -R {wanted} {folder}, or LORADECK_UID={owner} in .env and build again."
    return [Finding(WARNING, "Run folders", f"{folder} is user {owner}'s, and containers write as {wanted}", remedy)]


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
