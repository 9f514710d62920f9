"""How long it takes to make the database anew from the run folders alone: `python -m bench.rebuild [--quick]`."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from bench.backend import backend, scratch
from bench.logs import LOSS, Curves, run_folder
from bench.report import Report, is_quick, spread


def rebuild(folder: Path) -> float:
    """Seconds of `loradeck rebuild` over the runs in `folder`, its start included."""
    env = {"LORADECK_LOGS_DIR": str(folder / "training_logs"), "LORADECK_STATE_DIR": str(folder / "state")}
    began = time.perf_counter()
    command = [sys.executable, "-m", "loradeck", "rebuild"]
    subprocess.run(command, env={**os.environ, **env}, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def check(folder: Path, runs: dict[str, Curves]) -> None:
    """Every run is there, to its last step, with the extremes that were logged."""
    with backend(folder) as served:
        served.wait_for({run_id: curves.steps for run_id, curves in runs.items()})
        for run_id, curves in runs.items():
            window = served.get("/api/metrics", run=run_id, keys=LOSS, buckets=1)["runs"][0]["series"][0]
            losses = curves.losses()
            assert window["count"] == [len(losses)], f"{run_id}: {window['count']} points"
            assert window["min"] == [losses.min()], f"{run_id}: the least loss is {window['min']}"
            assert window["max"] == [losses.max()], f"{run_id}: the greatest loss is {window['max']}"
            assert np.allclose(window["mean"], losses.mean(), rtol=1e-9), f"{run_id}: the mean is {window['mean']}"


def measure(quick: bool) -> Report:
    count, steps, rounds = (10, 5_000, 2) if quick else (100, 100_000, 3)
    runs = {f"bench-{seed:03}": Curves(steps, seed=seed) for seed in range(count)}
    seconds = []
    for round_ in range(rounds):
        with scratch() as folder:
            (folder / "state").mkdir()
            for run_id, curves in runs.items():
                run_folder(curves, run_id, folder / "training_logs")
            seconds.append(rebuild(folder))
            if round_ == 0:
                check(folder, runs)
    report = Report("Rebuilding the database")
    report.add(f"{count} runs x {steps:,} steps x 5 metrics, seconds", spread(seconds, ".1f"), "60")
    report.fixed.append(("runs whose points, extremes and mean are as logged", f"{count} of {count}"))
    return report


if __name__ == "__main__":
    print(measure(is_quick(__doc__ or "")).markdown())
