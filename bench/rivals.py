"""Other trackers, in a virtual environment of their own, side by side with us: `python -m bench.rivals` makes it.

A driver (`bench/drivers/run_<name>.py`) writes the very curves that our logs hold to one of them, starts its own server
and asks that as its own pages do. One that cannot be installed or run is left out of no table: `Failed` says why.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench import HOME
from bench.backend import scratch
from bench.logs import LOSS, METRICS, Curves
from bench.report import table

NAMES = ("trackio", "tensorboard", "mlflow")
_PINS = Path(__file__).with_suffix(".txt")
_DRIVERS = Path(__file__).parent / "drivers"
_VENV = HOME / "rivals"
LIMIT_S = 1800


class Failed(Exception):
    """A rival could not be installed or run; the text says why in a sentence."""


@dataclass(frozen=True)
class Way:
    """One way to ask a rival for a curve: how long its answers took, and what the last one held."""

    name: str
    seconds: list[float]
    bytes: int
    steps: "np.ndarray[Any, np.dtype[np.int64]]"
    values: "np.ndarray[Any, np.dtype[np.float64]]"


@dataclass(frozen=True)
class Found:
    """`bytes` is the size of its database, None where the driver does not say."""

    write_s: float
    bytes: int | None
    ways: list[Way]


def write(name: str, curves: Curves) -> Found:
    """Have `name` take in all metrics of `curves`. Raises: Failed."""
    return _drive(name, "write", curves, METRICS[: curves.metrics], rounds=0)


def read(name: str, curves: Curves, rounds: int) -> Found:
    """Have `name` take in the loss of `curves`, and ask it `rounds` times for the whole curve. Raises: Failed."""
    return _drive(name, "read", curves, [LOSS], rounds)


def versions() -> dict[str, str]:
    """The pinned version of each."""
    pins = (line.partition("==") for line in _PINS.read_text().splitlines() if "==" in line)
    return {name: version for name, _, version in pins}


def _drive(name: str, what: str, curves: Curves, metrics: Sequence[str], rounds: int) -> Found:
    python = _install(name)
    with scratch() as folder:
        data = folder / "data.npz"
        _write_data(curves, metrics, data)
        command = [python, _DRIVERS / f"run_{name}.py", what, data, folder, str(rounds)]
        answer = _run(name, command)
        found = json.loads(answer.splitlines()[-1])
        return Found(found["write_s"], found.get("bytes"), [_way(way) for way in found["ways"]])


def _way(found: dict[str, Any]) -> Way:
    points = np.load(found["points"])
    return Way(found["way"], found["seconds"], found["bytes"], points["steps"], points["values"])


def _write_data(curves: Curves, metrics: Sequence[str], path: Path) -> None:
    blocks = list(curves.blocks())
    columns = {name: np.concatenate([found[name] for _, _, found in blocks]) for name in metrics}
    np.savez(path, times=np.concatenate([times for _, times, _ in blocks]), **columns)


def _install(name: str) -> Path:
    """The environment's Python, with `name` in it at its pinned version."""
    python = _VENV / "bin" / "python"
    if not python.exists():
        _run(name, [sys.executable, "-m", "venv", _VENV])
    pin = f"{name}=={versions()[name]}"
    marker = _VENV / f".{pin}"
    if not marker.exists():
        print(f"Installing {pin} for comparison ...", file=sys.stderr)
        _run(
            name, [python, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--constraint", _PINS, pin]
        )
        marker.touch()
    return python


def _run(name: str, command: Sequence[str | Path]) -> str:
    """What the command printed. Raises: Failed."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=True).stdout
    except subprocess.TimeoutExpired:
        raise Failed(f"{name} was not done after {LIMIT_S} s") from None
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Failed(f"{name} ended with {error.returncode}: {last[:200]}") from None


def main() -> None:
    rows = []
    for name, version in versions().items():
        try:
            _install(name)
            rows.append((name, version, "installed"))
        except Failed as error:
            rows.append((name, version, str(error)))
    print(table(("tracker", "version", "state"), rows))


if __name__ == "__main__":
    main()
