"""Which GPUs this process may use, asked of `nvidia-smi`: without torch it costs milliseconds and no GPU memory."""

import os
import re
import subprocess
from collections.abc import Mapping

ASK_LIMIT_S = 10.0
"""A wedged driver keeps `nvidia-smi` for ever."""

_LINE = re.compile(r"GPU (?P<index>\d+): (?P<name>.+?) \(UUID: (?P<uuid>[^)]+)\)")


def visible_gpus(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The names of the GPUs that CUDA will show, in its order; empty where there is none or no driver answers."""
    try:
        answer = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=ASK_LIMIT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return select(answer.stdout, environment.get("CUDA_VISIBLE_DEVICES"))


def select(listing: str, visible: str | None) -> list[str]:
    """The names in `nvidia-smi -L`'s listing that CUDA_VISIBLE_DEVICES lets through.

    CUDA stops at the first that it does not know, and so does this.
    """
    gpus = [match for match in map(_LINE.match, listing.splitlines()) if match]
    if visible is None:
        return [gpu["name"] for gpu in gpus]
    names: list[str] = []
    for wish in (part.strip() for part in visible.split(",")):
        found = [gpu["name"] for gpu in gpus if wish and (gpu["index"] == wish or gpu["uuid"].startswith(wish))]
        if not found:
            break
        names.append(found[0])
    return names
