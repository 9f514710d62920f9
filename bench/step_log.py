"""What one logged step costs the trainer: `python -m bench.step_log`. Prints microseconds; reach is under 5 median."""

import contextlib
import io
import statistics
import tempfile
import time
from pathlib import Path

from trainer.step_log import StepLog

STEPS, ROUNDS = 20_000, 5
VALUES = {
    "train/loss": 0.123456789,
    "train/grad_norm": 1.23456789,
    "train/lr": 1e-4,
    "perf/step_time_s": 0.287654321,
    "perf/data_time_s": 0.001234567,
}


def main() -> None:
    rounds = []
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        for round_ in range(ROUNDS):
            path = Path(folder) / f"{round_}.jsonl"
            with StepLog.open(path, run_id="bench", attempt=1, rank=0, world_size=1) as log:
                costs = []
                for step in range(1, STEPS + 1):
                    began = time.perf_counter_ns()
                    log.step(step, 0, VALUES)
                    costs.append((time.perf_counter_ns() - began) / 1000)
            rounds.append((statistics.median(costs), statistics.quantiles(costs, n=100)[98]))
            size = path.stat().st_size / STEPS
    medians, p99s = zip(*rounds, strict=True)
    print(f"{STEPS:,} steps of {len(VALUES)} metrics, {ROUNDS} rounds, {size:.0f} bytes a step")
    print(f"median {statistics.median(medians):.2f} us, p99 {statistics.median(p99s):.2f} us a step")


if __name__ == "__main__":
    main()
