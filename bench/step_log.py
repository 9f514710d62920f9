"""What one logged step costs the trainer: `python -m bench.step_log [--quick]`.

Beside it, in the same rounds, what one bare `write` of as many bytes to such a file costs: the floor, and a measure of
how fast the machine is just now.
"""

import contextlib
import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.report import Report, is_quick, spread
from trainer.telemetry.step_log import StepLog

STEPS, ROUNDS = 20_000, 7
VALUES = {
    "train/loss": 0.123456789,
    "train/grad_norm": 1.23456789,
    "train/lr": 1e-4,
    "perf/step_time_s": 0.287654321,
    "perf/data_time_s": 0.001234567,
}


def costs(call: Callable[[int], object]) -> tuple[float, float]:
    """Median and 99th percentile of `call(1)`, `call(2)`, ..., in microseconds."""
    found = []
    for step in range(1, STEPS + 1):
        began = time.perf_counter_ns()
        call(step)
        found.append((time.perf_counter_ns() - began) / 1000)
    return statistics.median(found), statistics.quantiles(found, n=100)[98]


def measure(quick: bool) -> Report:
    logged, bare = [], []
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        for round_ in range(2 if quick else ROUNDS):
            path = Path(folder) / f"{round_}.jsonl"
            with StepLog.open(path, run_id="bench", attempt=1, rank=0, world_size=1) as log:
                logged.append(costs(lambda step, log=log: log.step(step, 1, VALUES)))  # type: ignore[misc]
            size = path.stat().st_size // STEPS
            fd, line = os.open(Path(folder) / "bare", os.O_WRONLY | os.O_APPEND | os.O_CREAT), b"x" * size
            bare.append(costs(lambda _, fd=fd, line=line: os.write(fd, line)))  # type: ignore[misc]
            os.close(fd)
    report = Report("One logged step")
    for name, rounds, reach in (
        ("a logged step", logged, ("5", "50")),
        ("a bare write of as many bytes", bare, ("", "")),
    ):
        medians, p99s = zip(*rounds, strict=True)
        report.add(f"{name}: median, us", spread(medians, ".2f"), reach[0])
        report.add(f"{name}: 99th percentile, us", spread(p99s, ".2f"), reach[1])
    report.fixed.append((f"bytes a step, {len(VALUES)} metrics", str(size)))
    return report


if __name__ == "__main__":
    print(measure(is_quick(__doc__ or "")).markdown())
