"""The doctor as a process, on a PATH of small programs that stand in for docker and nvidia-smi."""

import ast
import http.server
import os
import pty
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.harness.waiting import DEADLINE_S

ROOT = Path(__file__).parents[2]
DOCKER = """
case "$*" in
  "version --format"*) echo 26.1.5 ;;
  "compose version --short") echo 2.26.1 ;;
  "info --format"*) echo '{"io.containerd.runc.v2":{},"nvidia":{}}' ;;
esac
"""
MESSAGES = "trainer/contract/messages"
H100 = 'echo "NVIDIA H100 80GB HBM3, 9.0, 81559"'


class Machine:
    """A checkout of the command and the table of messages alone, a PATH, and what the doctor says of them."""

    def __init__(self, folder: Path) -> None:
        self.root, self.bin = folder / "checkout", folder / "bin"
        self.bin.mkdir()
        for room in ("loradeck", MESSAGES):
            shutil.copytree(ROOT / room, self.root / room, ignore=shutil.ignore_patterns("__pycache__"))
        for package in ("trainer", "trainer/contract"):
            shutil.copy(ROOT / package / "__init__.py", self.root / package)
        (self.root / "services" / "frontend").mkdir(parents=True)
        self.has("node", "echo v20.20.2")
        self.has("npm", "echo 10")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.environment = {"PATH": str(self.bin), "LORADECK_PORT": str(free.getsockname()[1])}

    def has(self, program: str, script: str) -> None:
        (self.bin / program).write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / program).chmod(0o755)

    def is_asked(self, **environment: str) -> "Report":
        # -I -S: nothing but the standard library is there.
        code = f"import sys; sys.path.insert(0, {str(self.root)!r}); from loradeck.cli import main; sys.exit(main())"
        command = [sys.executable, "-I", "-S", "-c", code, "doctor"]
        done = subprocess.run(
            command, env={**self.environment, **environment}, capture_output=True, text=True, timeout=DEADLINE_S
        )
        assert done.stderr == ""
        return Report(done.returncode, done.stdout)


class Report:
    def __init__(self, status: int, text: str) -> None:
        self.status, self.text = status, text

    def of(self, subject: str) -> tuple[str, str]:
        """The standing of a subject, and all that is said of it."""
        found = re.search(rf"^(\w+) +{re.escape(subject)}  +(.*(?:\n +->.*)?)", self.text, re.MULTILINE)
        assert found, self.text
        return found[1], re.sub(r"\s+", " ", found[2])


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def gpu_host(machine: Machine) -> Machine:
    machine.has("docker", DOCKER)
    machine.has("nvidia-smi", H100)
    return machine


def test_a_gpu_host_is_fit(gpu_host: Machine) -> None:
    report = gpu_host.is_asked()
    assert report.status == 0, report.text
    assert "failure" not in report.text
    assert report.of("GPUs") == ("ok", "NVIDIA H100 80GB HBM3 (80 GiB)")
    assert report.of("Docker") == ("ok", "26.1.5")
    assert report.of("Compose") == ("ok", "2.26.1")
    assert report.of("GPUs in containers") == ("ok", "the NVIDIA container toolkit is installed")
    assert report.text.endswith("\nFit for Loradeck.\n")
    assert "\033" not in report.text


def test_without_docker_and_a_gpu_it_is_fit_for_what_needs_neither(machine: Machine) -> None:
    report = machine.is_asked()
    assert report.status == 0, report.text
    assert report.of("Docker")[0] == report.of("NVIDIA driver")[0] == "warning"
    assert "Compose" not in report.text


@pytest.mark.parametrize(
    ("answer", "found", "remedy"),
    [
        (
            "echo 'dial: permission denied' >&2; exit 1",
            "may not be used by you",
            "usermod -aG docker",
        ),
        ("echo 'Cannot connect to the Docker daemon' >&2; exit 1", "does not answer", "systemctl enable --now docker"),
    ],
)
def test_a_docker_that_does_not_answer(gpu_host: Machine, answer: str, found: str, remedy: str) -> None:
    gpu_host.has("docker", answer)
    report = gpu_host.is_asked()
    standing, said = report.of("Docker")
    assert (report.status, standing) == (1, "failure")
    assert found in said
    assert remedy in said
    assert report.text.endswith("Fit for `make up`, and not for `docker compose up` yet: mend the failures first.\n")


@pytest.mark.parametrize("version", ["echo 2.23.9", "echo v1.29.2", "exit 1"])
def test_an_old_compose(gpu_host: Machine, version: str) -> None:
    gpu_host.has("docker", DOCKER.replace("echo 2.26.1", version))
    report = gpu_host.is_asked()
    assert (report.status, report.of("Compose")[0]) == (1, "failure")


def test_without_the_toolkit_it_says_how_to_install_it_and_how_to_do_without(gpu_host: Machine) -> None:
    gpu_host.has("docker", DOCKER.replace(',"nvidia":{}', ""))
    report = gpu_host.is_asked()
    standing, said = report.of("GPUs in containers")
    assert (report.status, standing) == (1, "failure")
    assert "Install nvidia-container-toolkit" in said
    assert "COMPOSE_FILE=docker-compose.yml:docker-compose.cpu.yml in .env" in said
    gpu_host.has("nvidia-ctk", "exit 0")
    assert "-> sudo nvidia-ctk runtime configure" in gpu_host.is_asked().of("GPUs in containers")[1]


def test_without_a_gpu_the_stack_needs_the_cpu_file(machine: Machine) -> None:
    machine.has("docker", DOCKER)
    standing, said = machine.is_asked().of("GPUs in containers")
    assert standing == "failure"
    assert "COMPOSE_FILE=docker-compose.yml:docker-compose.cpu.yml in .env" in said
    (machine.root / ".env").write_text("COMPOSE_FILE='docker-compose.yml:docker-compose.cpu.yml'\n")
    report = machine.is_asked()
    assert (report.status, report.of("GPUs in containers")[0]) == (0, "ok"), report.text


@pytest.mark.parametrize(
    ("script", "subject", "standing", "said"),
    [
        ('echo "Tesla V100-SXM2-32GB, 7.0, 32768"', "GPUs", "warning", "constraints-volta.txt"),
        ('echo "Tesla P100, 6.0, 16384"', "GPUs", "failure", "compute capability of 7.0"),
        ("echo 'Failed to initialize NVML' >&2; exit 9", "NVIDIA driver", "failure", "Failed to initialize NVML"),
        ("exit 9", "NVIDIA driver", "failure", "restart the machine"),
    ],
)
def test_cards_and_drivers(gpu_host: Machine, script: str, subject: str, standing: str, said: str) -> None:
    gpu_host.has("nvidia-smi", script)
    report = gpu_host.is_asked()
    assert report.of(subject)[0] == standing
    assert said in report.of(subject)[1]
    assert report.status == (1 if standing == "failure" else 0)


def test_without_node_it_depends_on_docker(machine: Machine) -> None:
    machine.has("node", "echo v18.19.0")
    report = machine.is_asked()
    assert (report.status, report.of("Node.js")[0]) == (1, "failure")
    assert report.text.endswith("Not fit for Loradeck yet: mend the failures first.\n")
    machine.has("docker", DOCKER)
    assert machine.is_asked().of("Node.js")[0] == "warning"


@contextmanager
def answering(body: bytes) -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/api/alive" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_a_port_that_is_taken_by_something_else(gpu_host: Machine) -> None:
    with answering(b"hello") as port:
        report = gpu_host.is_asked(LORADECK_PORT=str(port))
        assert (report.status, report.of("Port")[0]) == (1, "failure")
    with answering(b'{"status": "ok"}') as port:
        report = gpu_host.is_asked(LORADECK_PORT=str(port))
        assert (report.status, report.of("Port")) == (0, ("ok", f"{port}: Loradeck is up on it"))
    assert gpu_host.is_asked(LORADECK_PORT="many").of("Port")[0] == "failure"


def test_what_is_published_and_with_what_token(gpu_host: Machine) -> None:
    env = gpu_host.root / ".env"
    assert gpu_host.is_asked().of("Published to") == ("ok", "127.0.0.1: this machine alone")
    env.write_text("# open\nLORADECK_BIND=0.0.0.0  # to all\n")
    standing, said = gpu_host.is_asked().of("Published to")
    assert standing == "warning"
    assert "The token is made at the first start" in said
    env.write_text("LORADECK_BIND=0.0.0.0\nLORADECK_TOKEN=0123456789abcdef0123456789abcdef\n")
    standing, said = gpu_host.is_asked().of("Published to")
    assert (standing, "LORADECK_TOKEN" in said) == ("warning", False)
    env.write_text("LORADECK_TOKEN=secret\n")
    report = gpu_host.is_asked()
    assert (report.status, report.of("Token")[0]) == (1, "failure")


def test_whose_the_run_folders_are(gpu_host: Machine) -> None:
    assert "Run folders" not in gpu_host.is_asked().text
    logs = gpu_host.root / "runs"
    gpu_host.environment["LORADECK_LOGS_DIR"] = "./runs"
    assert gpu_host.is_asked().of("Run folders")[1].endswith(f"sudo install -d -o 10001 {logs}")
    logs.mkdir()
    us = os.getuid()
    assert gpu_host.is_asked(LORADECK_UID=str(us)).of("Run folders") == ("ok", f"{logs} is user {us}'s")
    standing, said = gpu_host.is_asked(LORADECK_UID=str(us + 1)).of("Run folders")
    assert standing == "warning"
    assert f"sudo chown -R {us + 1} {logs}" in said


def test_there_are_colours_on_a_terminal_only(gpu_host: Machine) -> None:
    main, terminal = pty.openpty()
    command = [sys.executable, "-m", "loradeck", "doctor"]
    with subprocess.Popen(command, stdout=terminal, cwd=gpu_host.root, env=gpu_host.environment) as process:
        process.wait(DEADLINE_S)
    os.close(terminal)
    assert os.read(main, 100_000).startswith(b"\033[32mok")
    os.close(main)


@pytest.mark.parametrize(
    "path",
    [f"loradeck/{name}.py" for name in ("__init__", "__main__", "cli", "doctor", "doctor_docker")]
    + [f"{MESSAGES}/__init__.py"],
)
def test_an_older_python_can_read_it(path: str) -> None:
    ast.parse((ROOT / path).read_text(), feature_version=(3, 8))
