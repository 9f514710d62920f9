"""Ask `nvidia-smi` which GPUs this process may use: without torch that takes milliseconds and no GPU memory."""

import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from trainer.contract.messages import message
from trainer.contract.problem import Problem

ASK_LIMIT_S = 10.0
"""A wedged driver keeps `nvidia-smi` for ever."""
OLDEST = (7, 0)
"""The compute capability of Volta, for which constraints-volta.txt is."""

_LINE = re.compile(r"GPU (?P<index>\d+): (?P<name>.+?) \(UUID: (?P<uuid>[^)]+)\)")
_QUERY = ["--query-gpu=index,uuid,name,compute_cap,memory.total", "--format=csv,noheader,nounits"]


@dataclass(frozen=True)
class Card:
    """A GPU. `capability` is CUDA's compute capability, major and minor."""

    name: str
    capability: tuple[int, int]
    memory_bytes: int


def visible_gpus(environment: Mapping[str, str] = os.environ) -> list[str]:
    """List the names of the GPUs that CUDA will show, in its order; empty if there is none or no driver answers."""
    return select(_ask(["-L"]), environment.get("CUDA_VISIBLE_DEVICES"))


def select(listing: str, visible: str | None) -> list[str]:
    """Pick the names in `nvidia-smi -L`'s listing that CUDA_VISIBLE_DEVICES lets through."""
    gpus = [match for match in map(_LINE.match, listing.splitlines()) if match]
    return [gpus[place]["name"] for place in _let_through([(gpu["index"], gpu["uuid"]) for gpu in gpus], visible)]


def visible_cards(environment: Mapping[str, str] = os.environ) -> list[Card]:
    """List the GPUs as `visible_gpus` does, with more about each; empty if the driver is too old to tell."""
    return select_cards(_ask(_QUERY), environment.get("CUDA_VISIBLE_DEVICES"))


def select_cards(table: str, visible: str | None) -> list[Card]:
    """Pick the cards in `nvidia-smi`'s answer to the query that CUDA_VISIBLE_DEVICES lets through."""
    rows = [[field.strip() for field in line.split(",")] for line in table.splitlines()]
    rows = [row for row in rows if len(row) == 5 and re.fullmatch(r"\d+\.\d+", row[3]) and row[4].isdecimal()]
    cards = []
    for place in _let_through([(row[0], row[1]) for row in rows], visible):
        _, _, name, capability, memory_mib = rows[place]
        major, minor = map(int, capability.split("."))
        cards.append(Card(name, (major, minor), int(memory_mib) * 2**20))
    return cards


def check_count(ranks: int, gpus: Sequence[object]) -> None:
    """Raises: Problem where the ranks of this host are more than its GPUs; on the CPU any number goes."""
    if gpus and ranks > len(gpus):
        raise Problem(message("too_few_gpus", ranks=ranks, gpus=len(gpus)), "num_processes")


def check_kernels(cards: Iterable[Card], architectures: Sequence[str], torch_version: str) -> None:
    """Raises: Problem where a card is too old for the installed torch, which has kernels for `architectures` (sm_80,
    compute_90, ...). An empty list says nothing."""
    for card in cards:
        if architectures and not any(_runs(card, architecture) for architecture in architectures):
            found = {"gpu": card.name, "capability": _dotted(card.capability), "torch": torch_version}
            found["architectures"] = ", ".join(architectures)
            if card.capability < OLDEST:
                raise Problem(message("gpu_too_old.before_volta", oldest=_dotted(OLDEST), **found))
            raise Problem(message("gpu_too_old", **found))


def _runs(card: Card, architecture: str) -> bool:
    """Tell whether kernels for `architecture` run on the card: binaries within a major version, PTX on newer ones."""
    kind, _, number = architecture.partition("_")
    digits = re.sub(r"\D", "", number)
    capability = int(digits[:-1]), int(digits[-1])
    if kind == "compute":
        return capability <= card.capability
    return capability[0] == card.capability[0] and capability[1] <= card.capability[1]


def _dotted(capability: tuple[int, int]) -> str:
    return ".".join(map(str, capability))


def _let_through(gpus: Sequence[tuple[str, str]], visible: str | None) -> list[int]:
    """Find the places, among `gpus` by index and UUID, that CUDA_VISIBLE_DEVICES lets through.

    CUDA stops at the first that it does not know, and so does this.
    """
    if visible is None:
        return list(range(len(gpus)))
    places: list[int] = []
    for wish in (part.strip() for part in visible.split(",")):
        found = [at for at, (index, uuid) in enumerate(gpus) if wish and (index == wish or uuid.startswith(wish))]
        if not found:
            break
        places.append(found[0])
    return places


def _ask(arguments: list[str]) -> str:
    """Return `nvidia-smi`'s answer; empty if there is none."""
    try:
        return subprocess.run(
            ["nvidia-smi", *arguments], capture_output=True, text=True, timeout=ASK_LIMIT_S, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
