"""Run folders with a known curve, written fast: `python -m bench.logs` says how fast.

The logs are the contract's: header, phases as a trainer writes them (also around each save), steps, end. The curve is
noisy, and a hundred of its steps are spikes: one step each, far above all others, at steps that `spikes` tells. What
was written once is kept under `.bench/logs` for the next measurement; that folder may be deleted at any time.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from bench import HOME
from trainer.contract import events

Values = npt.NDArray[np.float64]

LOSS = "train/loss"
METRICS = (
    LOSS,
    "train/lr",
    "train/grad_norm",
    "perf/step_time_s",
    "system/gpu.0.memory_gb",
    "perf/data_time_s",
)
SPIKES = 100
BEGAN = 1_750_000_000.0
"""When the first step was logged, Unix seconds."""
STEP_S = 0.3
SAVE_EVERY = 1000
_BLOCK = 100_000
_encode_lines = msgspec.json.Encoder().encode_lines


@dataclass(frozen=True)
class Curves:
    """A run's metrics. `metrics`: how many of `METRICS`. `rounded`: to six decimals, as most trainers log; else the
    loss and the gradient norm have a float32's digits and times all of a clock's, as our own trainer logs them."""

    steps: int
    metrics: int = 5
    seed: int = 0
    rounded: bool = True

    def blocks(self) -> Iterator[tuple[int, Values, dict[str, Values]]]:
        """The first step, the times and the metrics of one stretch after the other."""
        spikes, heights = self.spikes(), self._heights()
        for first in range(1, self.steps + 1, _BLOCK):
            size = min(_BLOCK, self.steps + 1 - first)
            rng = np.random.default_rng([self.seed, first])
            step = np.arange(first, first + size, dtype=np.float64)
            found = self._block(step, rng)
            here = (spikes >= first) & (spikes < first + size)
            found[LOSS][spikes[here] - first] = heights[here]
            yield first, BEGAN + step * STEP_S + rng.uniform(0, 0.1 * STEP_S, size), found

    def losses(self) -> Values:
        """The loss of step 1, 2, ..."""
        return np.concatenate([found[LOSS] for _, _, found in self.blocks()])

    def spikes(self) -> npt.NDArray[np.int64]:
        """The steps of the planted spikes, sorted."""
        rng = np.random.default_rng([self.seed, 0])
        return np.sort(rng.choice(np.arange(2, self.steps), SPIKES, replace=False))

    def _heights(self) -> Values:
        return np.round(np.random.default_rng([self.seed, 1, 0]).uniform(5, 20, SPIKES), 6)

    def _block(self, step: Values, rng: np.random.Generator) -> dict[str, Values]:
        size = len(step)
        loss = 0.08 + 0.3 * np.exp(-step / (0.1 * self.steps)) + 0.05 * rng.gamma(2.0, 1.0, size)
        found = {
            LOSS: loss,
            "train/lr": 1e-4 * np.minimum(1.0, step / 100),
            "train/grad_norm": 0.5 * rng.lognormal(0.0, 0.3, size),
            "perf/step_time_s": STEP_S * rng.lognormal(0.0, 0.02, size),
            "system/gpu.0.memory_gb": np.round(24.3 + 0.1 * rng.integers(0, 4, size), 3),
            "perf/data_time_s": 0.002 * rng.lognormal(0.0, 0.5, size),
        }
        for name, values in found.items():
            if self.rounded and name != "train/lr":
                found[name] = np.round(values, 6)
            elif name in (LOSS, "train/grad_norm"):
                found[name] = values.astype(np.float32).astype(np.float64)
        return {name: found[name] for name in METRICS[: self.metrics]}


def run_folder(curves: Curves, run_id: str, runs_dir: Path) -> Path:
    """A finished run with these curves, called `run_id`, under `runs_dir`."""
    folder = runs_dir / run_id
    folder.mkdir(parents=True)
    os.link(_log(curves, run_id), folder / "1.jsonl")
    return folder


def _log(curves: Curves, run_id: str) -> Path:
    """The run's log, written now or before."""
    made_by = Path(__file__).read_bytes() + repr((curves, run_id)).encode()
    path = HOME / "logs" / f"{run_id}-{hashlib.blake2b(made_by, digest_size=8).hexdigest()}.jsonl"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with open(part, "wb") as file:
            for block in lines(curves, run_id, path.stem):
                file.write(block)
        part.rename(path)
    return path


def lines(curves: Curves, run_id: str, log_id: str, ended: bool = True) -> Iterator[bytes]:
    """The log, a block of whole lines at a time. `ended`: with the last line, after which no more may follow."""
    names = METRICS[: curves.metrics]
    header = events.Header(
        seq=0,
        ts=BEGAN - 60,
        schema=events.SCHEMA,
        log_id=log_id,
        run_id=run_id,
        attempt=1,
        rank=0,
        world_size=1,
        host="gpu-host",
        versions={"torch": "2.14.1"},
    )
    load = events.Phase(seq=1, ts=BEGAN - 59, phase="load")
    train = events.Phase(seq=2, ts=BEGAN, phase="train", done=0, total=curves.steps)
    yield _encode_lines([header, load, train])
    seq = 3
    for first, times, found in curves.blocks():
        rows = zip(*(found[name].tolist() for name in names), strict=True)
        block: list[events.Event] = []
        for step, (ts, row) in enumerate(zip(times.tolist(), rows, strict=True), first):
            values = dict(zip(names, row, strict=True))
            block.append(events.Step(seq=seq, ts=ts, step=step, epoch=step // 50_000, values=values))
            seq += 1
            if step % SAVE_EVERY == 0:
                block.append(events.Phase(seq=seq, ts=ts, phase="save"))
                block.append(events.Phase(seq=seq + 1, ts=ts, phase="train", done=step, total=curves.steps))
                seq += 2
        yield _encode_lines(block)
    if ended:
        end = BEGAN + (curves.steps + 1) * STEP_S
        yield _encode_lines([events.End(seq=seq, ts=end, reason="succeeded", step=curves.steps)])


def main() -> None:
    curves = Curves(1_000_000)
    began = time.perf_counter()
    size = sum(map(len, lines(curves, "bench", "bench")))
    took = time.perf_counter() - began
    print(f"{curves.steps / took:,.0f} steps/s made, {size / curves.steps:.0f} bytes a step, {SPIKES} spikes")


if __name__ == "__main__":
    main()
