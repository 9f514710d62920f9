"""`loradeck doctor`: what of this machine is fit for Loradeck and for `docker compose up`, and what to mend.

Standard library only, and for older Pythons than Loradeck's own: it is asked before anything is installed, also on a
host where nothing but Docker will be. Three standings: a failure keeps Loradeck from working, a warning may.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import urllib.request
from pathlib import Path
from typing import NamedTuple

from loradeck import doctor_docker
from loradeck.doctor_docker import ANSWER_LIMIT_S, FAILURE, OK, WARNING, Finding, ask, settings_of

GIB = 1 << 30
PYTHON, NODE = (3, 11), (20, 9)
PORT = 8642
OLDEST_CARD, TURING = (7, 0), (7, 5)

_COLOURS = {OK: "\033[32m", WARNING: "\033[33m", FAILURE: "\033[31m"}
_PLAIN = "\033[0m"


class Card(NamedTuple):
    name: str
    capability: tuple[int, int]
    memory_gib: float


def doctor(root: Path) -> int:
    """Print the findings on this machine for the checkout `root`. Exit status: 1 if any is a failure."""
    settings = settings_of(root, os.environ)
    cards, driver = gpus()
    has_docker = shutil.which("docker") is not None
    findings = [
        python(has_docker),
        node(has_docker, root),
        memory(bool(cards)),
        disk(root),
        shared_memory(),
        port(settings),
        driver,
    ]
    containers = doctor_docker.findings(root, settings, bool(cards))
    print(table([*findings, *containers], sys.stdout.isatty() and "NO_COLOR" not in os.environ))
    failures = [sum(finding.standing == FAILURE for finding in part) for part in (findings, containers)]
    print(f"\n{_verdict(*failures)}")
    return 1 if any(failures) else 0


def table(findings: list[Finding], colours: bool, wide: int = 0) -> str:
    """A line for each finding, and below it what to do. Subjects take `wide` columns or more."""
    wide = max(wide, *(len(finding.subject) for finding in findings))
    lines = []
    for standing, subject, found, remedy in findings:
        mark = f"{standing:7}"
        if colours:
            mark = f"{_COLOURS.get(standing, '')}{mark}{_PLAIN}"
        lines.append(f"{mark}  {subject:{wide}}  {found}")
        if remedy:
            lines.append(f"{'':7}  {'':{wide}}  -> {remedy}")
    return "\n".join(lines)


def python(has_docker: bool) -> Finding:
    version = "{}.{}.{}".format(*sys.version_info[:3])
    if sys.version_info >= PYTHON:
        return Finding(OK, "Python", version)
    remedy = "Install Python 3.11 or newer; containers bring their own."
    return Finding(WARNING if has_docker else FAILURE, "Python", f"{version} is too old", remedy)


def node(has_docker: bool, root: Path) -> Finding:
    """Node.js builds the pages from a checkout."""
    if not (root / "services" / "frontend").is_dir():
        return Finding(OK, "Node.js", "not needed: the pages came built")
    answer = ask("node", "--version")
    found = answer.out.strip() if answer.works else "not found"
    numbers = found.lstrip("v").split(".")
    if len(numbers) > 1 and all(part.isdigit() for part in numbers[:2]) and tuple(map(int, numbers[:2])) >= NODE:
        if shutil.which("npm"):
            return Finding(OK, "Node.js", found)
        found += " without npm"
    remedy = "Install Node.js 20.9 or newer with npm; containers bring their own."
    return Finding(WARNING if has_docker else FAILURE, "Node.js", found, remedy)


def memory(has_gpu: bool) -> Finding:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    least = 16 if has_gpu else 4
    found = f"{total:.0f} GiB"
    if total >= least:
        return Finding(OK, "Memory", found)
    return Finding(WARNING, "Memory", found, f"Below {least} GiB models may not load: add some, or swap space.")


def disk(root: Path) -> Finding:
    free = shutil.disk_usage(root).free / GIB
    found = f"{free:.0f} GiB free under {root}"
    if free >= 40:
        return Finding(OK, "Disk", found)
    remedy = "The packages take 7 GB, the base model 24 GB, checkpoints up to 1 GB each: make room."
    return Finding(FAILURE if free < 2 else WARNING, "Disk", found, remedy)


def shared_memory() -> Finding:
    """Ranks on several GPUs talk through it; a container's own is sized in docker-compose.yml."""
    try:
        status = os.statvfs("/dev/shm")
    except OSError:
        return Finding(WARNING, "/dev/shm", "not there", "Mount a tmpfs at /dev/shm.")
    size = status.f_frsize * status.f_blocks / GIB
    if size >= 1:
        return Finding(OK, "/dev/shm", f"{size:.1f} GiB")
    return Finding(WARNING, "/dev/shm", f"{size:.2f} GiB", "Several GPUs need 1 GiB: mount -o remount,size=8G /dev/shm")


def port(settings: dict[str, str]) -> Finding:
    wanted, host = settings.get("LORADECK_PORT", str(PORT)), settings.get("LORADECK_BIND", "127.0.0.1")
    if not wanted.isdigit() or not 0 < int(wanted) < 65536:
        return Finding(FAILURE, "Port", f"LORADECK_PORT is {wanted!r}", "Set it to a number from 1 to 65535.")
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, int(wanted)))
    except OSError as error:
        if _is_loradeck(int(wanted)):
            return Finding(OK, "Port", f"{wanted}: Loradeck is up on it")
        remedy = "Set LORADECK_PORT to another in .env, or end what holds it."
        return Finding(FAILURE, "Port", f"{wanted} on {host} cannot be used: {error.strerror or error}", remedy)
    return Finding(OK, "Port", f"{wanted} is free")


def _is_loradeck(number: int) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{number}/api/alive", timeout=2) as answer:
            return bool(json.loads(answer.read(1000)) == {"status": "ok"})
    except (OSError, ValueError):
        return False


def gpus() -> tuple[list[Card], Finding]:
    """The cards, and what is to be said of them."""
    query = "--query-gpu=name,compute_cap,memory.total"
    answer = ask("nvidia-smi", query, "--format=csv,noheader,nounits")
    if answer.missing:
        remedy = "Only tiny-wan trains on a CPU; for more install a GPU and its driver."
        return [], Finding(WARNING, "NVIDIA driver", "not found (no nvidia-smi)", remedy)
    cards = [card for card in map(_card, answer.out.splitlines()) if card is not None] if answer.works else []
    if not cards:
        said = (answer.err or answer.out).strip().splitlines()
        found = f"nvidia-smi fails: {said[-1] if said else f'no answer in {ANSWER_LIMIT_S} s'}"
        return [], Finding(FAILURE, "NVIDIA driver", found, "Install the driver again, or restart the machine.")
    found = ", ".join(f"{card.name} ({card.memory_gib:.0f} GiB)" for card in cards)
    oldest = min(card.capability for card in cards)
    if oldest < OLDEST_CARD:
        remedy = "Loradeck needs a compute capability of 7.0; leave the card out by CUDA_VISIBLE_DEVICES."
        return cards, Finding(FAILURE, "GPUs", found, remedy)
    if oldest < TURING:
        remedy = "Newer builds of PyTorch do not drive Volta: `make install TORCH=volta`, or for containers "
        remedy += "LORADECK_CONSTRAINTS=constraints-volta.txt in .env."
        return cards, Finding(WARNING, "GPUs", found, remedy)
    return cards, Finding(OK, "GPUs", found)


def _card(line: str) -> Card | None:
    fields = [field.strip() for field in line.split(",")]
    try:
        name, capability, memory_mib = fields
        major, minor = capability.split(".")
        return Card(name, (int(major), int(minor)), int(memory_mib) / 1024)
    except ValueError:
        return None


def _verdict(failures: int, of_containers: int) -> str:
    if failures:
        return "Not fit for Loradeck yet: mend the failures first."
    if of_containers:
        return "Fit for `make up`, and not for `docker compose up` yet: mend the failures first."
    return "Fit for Loradeck."
