"""Runs of many steps that are not over, kept with a backend's database between measurements.

Each measurement appends its live steps to the logs and goes on from there at the next, so that only the first one has
to wait until the logs are written and taken in; a backend of other code takes them in anew.
"""

import hashlib
import json
import shutil
import time
from pathlib import Path
from random import Random

from bench import HOME, logs
from bench.backend import Backend, until
from trainer.contract import events

METRICS = 3
TAIL_BYTES = 4096
"""The last line of a log is shorter."""
_CODE = Path(__file__).parents[1] / "services" / "backend"


class OpenRun:
    """A run's log, and what comes after its last line."""

    def __init__(self, path: Path, seed: int) -> None:
        self.run_id = path.parent.name
        self._file = open(path, "r+b", buffering=0)  # noqa: SIM115 (closed by close)
        size = self._file.seek(0, 2)
        self._file.seek(max(0, size - TAIL_BYTES))
        last = json.loads(self._file.read().splitlines()[-1])
        self._seq, self._ts = int(last["seq"]), float(last["ts"])
        self.step: int = last["step"] if last["type"] == "step" else last["done"]
        self._random = Random(seed)

    def append(self) -> None:
        """One further step, written as a trainer does."""
        self._seq, self.step, self._ts = self._seq + 1, self.step + 1, self._ts + logs.STEP_S
        noise = self._random
        values = {
            logs.LOSS: round(0.08 + 0.05 * noise.gammavariate(2, 1), 6),
            "train/lr": 1e-4,
            "train/grad_norm": round(0.5 * noise.lognormvariate(0, 0.3), 6),
        }
        step = events.Step(seq=self._seq, ts=self._ts, step=self.step, epoch=self.step // 50_000, values=values)
        self._file.write(events.encode(step))

    def close(self) -> None:
        self._file.close()


def folder_of(runs: int, steps: int) -> Path:
    """A folder for `bench.backend` with so many open runs of at least `steps` each, called run-0, run-1, ..."""
    folder = HOME / f"open-{steps}"
    runs_dir = folder / "training_logs"
    runs_dir.mkdir(parents=True, exist_ok=True)
    for number in range(runs):
        if not (runs_dir / f"run-{number}").exists():
            _write(folder, f"run-{number}", logs.Curves(steps, METRICS, seed=number))
    mark = folder / "state" / "made-by"
    code = _digest()
    if not mark.exists() or mark.read_text() != code:
        shutil.rmtree(mark.parent, ignore_errors=True)
        mark.parent.mkdir()
        mark.write_text(code)
    (mark.parent / "backend.json").unlink(missing_ok=True)  # of one that was killed
    return folder


def caught_up(backend: Backend, opened: list[OpenRun]) -> None:
    """Wait until all steps of the runs have been taken in and the backend rests."""

    def taken_in() -> bool:
        steps = {run["id"]: run["step"] for run in backend.get("/api/runs")}
        return all(steps.get(run.run_id) == run.step for run in opened)

    def rests() -> bool:
        before = backend.cpu_s
        time.sleep(1)
        return backend.cpu_s - before < 0.1

    until(taken_in, "the last step of each run")
    until(rests, "the backend's rest")


def _write(folder: Path, run_id: str, curves: logs.Curves) -> None:
    part = folder / "part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    with open(part / "1.jsonl", "wb") as file:
        for block in logs.lines(curves, run_id, f"{run_id}-{curves.steps}", ended=False):
            file.write(block)
    part.rename(folder / "training_logs" / run_id)


def _digest() -> str:
    files = sorted(_CODE.rglob("*.py"))
    return hashlib.blake2b(b"".join(file.read_bytes() for file in files), digest_size=8).hexdigest()
