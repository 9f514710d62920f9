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
from loradeck.doctor_docker import ANSWER_LIMIT_S, FAILURE, OK, WARNING, Finding, ask, finding, settings_of
from trainer.contract.messages import message, sentence

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
    failures = [sum(one.standing == FAILURE for one in part) for part in (findings, containers)]
    print(f"\n{_verdict(*failures)}")
    return 1 if any(failures) else 0


def table(findings: list[Finding], colours: bool, wide: int = 0) -> str:
    """A line for each finding, and below it what to do. Subjects take `wide` columns or more."""
    wide = max(wide, *(len(one.subject) for one in findings))
    lines = []
    for standing, subject, said in findings:
        mark = f"{standing:7}"
        if colours:
            mark = f"{_COLOURS.get(standing, '')}{mark}{_PLAIN}"
        lines.append(f"{mark}  {subject:{wide}}  {said.message}")
        if said.hint:
            lines.append(f"{'':7}  {'':{wide}}  -> {said.hint}")
    return "\n".join(lines)


def python(has_docker: bool) -> Finding:
    version = "{}.{}.{}".format(*sys.version_info[:3])
    if sys.version_info >= PYTHON:
        return finding(OK, "python", message("doctor.python", version=version))
    return finding(WARNING if has_docker else FAILURE, "python", message("doctor.python_old", version=version))


def node(has_docker: bool, root: Path) -> Finding:
    """Node.js builds the pages from a checkout."""
    if not (root / "services" / "frontend").is_dir():
        return finding(OK, "node", message("doctor.node_unneeded"))
    answer = ask("node", "--version")
    version = answer.out.strip()
    numbers = version.lstrip("v").split(".")
    if not answer.works:
        said = message("doctor.node_missing")
    elif len(numbers) < 2 or not all(part.isdigit() for part in numbers[:2]) or tuple(map(int, numbers[:2])) < NODE:
        said = message("doctor.node_old", version=version)
    elif not shutil.which("npm"):
        said = message("doctor.node_without_npm", version=version)
    else:
        return finding(OK, "node", message("doctor.node", version=version))
    return finding(WARNING if has_docker else FAILURE, "node", said)


def memory(has_gpu: bool) -> Finding:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    least = 16 if has_gpu else 4
    if total >= least:
        return finding(OK, "memory", message("doctor.memory", gib=total))
    return finding(WARNING, "memory", message("doctor.memory_small", gib=total, least_gib=least))


def disk(root: Path) -> Finding:
    free = shutil.disk_usage(root).free / GIB
    if free >= 40:
        return finding(OK, "disk", message("doctor.disk", free_gib=free, folder=root))
    return finding(FAILURE if free < 2 else WARNING, "disk", message("doctor.disk_small", free_gib=free, folder=root))


def shared_memory() -> Finding:
    """Ranks on several GPUs talk through it; a container's own is sized in docker-compose.yml."""
    try:
        status = os.statvfs("/dev/shm")
    except OSError:
        return finding(WARNING, "shared_memory", message("doctor.shared_memory_missing"))
    size = status.f_frsize * status.f_blocks / GIB
    if size >= 1:
        return finding(OK, "shared_memory", message("doctor.shared_memory", gib=size))
    return finding(WARNING, "shared_memory", message("doctor.shared_memory_small", gib=size))


def port(settings: dict[str, str]) -> Finding:
    wanted, host = settings.get("LORADECK_PORT", str(PORT)), settings.get("LORADECK_BIND", "127.0.0.1")
    if not wanted.isdigit() or not 0 < int(wanted) < 65536:
        return finding(FAILURE, "port", message("doctor.port_refused", value=wanted))
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, int(wanted)))
    except OSError as error:
        if _is_loradeck(int(wanted)):
            return finding(OK, "port", message("doctor.port_ours", port=wanted))
        reason = error.strerror or error
        return finding(FAILURE, "port", message("doctor.port_taken", port=wanted, host=host, reason=reason))
    return finding(OK, "port", message("doctor.port", port=wanted))


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
        return [], finding(WARNING, "driver", message("doctor.driver_missing"))
    cards = [card for card in map(_card, answer.out.splitlines()) if card is not None] if answer.works else []
    if not cards:
        said = (answer.err or answer.out).strip().splitlines()
        if said:
            return [], finding(FAILURE, "driver", message("doctor.driver_fails", said=said[-1]))
        return [], finding(FAILURE, "driver", message("doctor.driver_silent", limit_s=ANSWER_LIMIT_S))
    names = ", ".join(f"{card.name} ({card.memory_gib:.0f} GiB)" for card in cards)
    oldest = min(card.capability for card in cards)
    if oldest < OLDEST_CARD:
        return cards, finding(FAILURE, "gpus", message("doctor.gpus_old", cards=names))
    if oldest < TURING:
        return cards, finding(WARNING, "gpus", message("doctor.gpus_volta", cards=names))
    return cards, finding(OK, "gpus", message("doctor.gpus", cards=names))


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
        return sentence("doctor.unfit")
    if of_containers:
        return sentence("doctor.unfit_containers")
    return sentence("doctor.fit")
