"""How fast a finished log is read, committed and there to be asked for: `python -m bench.catch_up [--quick]`.

The clock runs from the moment in which the run's folder is moved under a backend that waits, until the list of runs
shows its last step and the metrics query has that step's loss. Trackio takes in the same values in turn with us.
"""

import statistics
import time
from dataclasses import dataclass

from bench import rivals
from bench.backend import backend, scratch
from bench.logs import Curves, run_folder
from bench.report import Report, is_quick, spread

RUN = "bench"


@dataclass(frozen=True)
class CaughtUp:
    steps_per_s: float
    peak_rss_bytes: int
    database_bytes: int


def catch_up(curves: Curves) -> CaughtUp:
    """One finished run, read by a backend of its own."""
    with scratch() as folder:
        run = run_folder(curves, RUN, folder / "made")
        with backend(folder) as served:
            began = served.add(run)
            served.wait_for({RUN: curves.steps})
            took_s = time.perf_counter() - began
            peak = served.peak_rss_bytes
            return CaughtUp(curves.steps / took_s, peak, served.close())


def measure(quick: bool) -> Report:
    steps, long, rounds = (50_000, 200_000, 2) if quick else (1_000_000, 8_500_000, 3)
    curves = Curves(steps)
    ours: list[CaughtUp] = []
    theirs: list[rivals.Found] = []
    failed = ""
    for _ in range(rounds):
        ours.append(catch_up(curves))
        try:
            theirs.append(rivals.write("trackio", curves))
        except rivals.Failed as error:
            failed = str(error)
    as_ours = [catch_up(Curves(steps, rounded=False)) for _ in range(rounds)]
    longs = [catch_up(Curves(long, metrics=6)) for _ in range(rounds)]

    report = Report("Catching up with a log")
    rates = [found.steps_per_s for found in ours]
    report.add(f"{steps:,} steps x 5 metrics, values of 6 decimals, steps/s", spread(rates), "800,000")
    if theirs and not failed:
        slow = [steps / found.write_s for found in theirs]
        ratios = [fast / slow for fast, slow in zip(rates, slow, strict=True)]
        report.add("the same values into Trackio, steps/s", spread(slow))
        report.add("Loradeck : Trackio, round by round", spread(ratios, ",.1f"), "25")
        report.fixed.append(("Trackio, 5 metrics: bytes a step on the disk", f"{(theirs[0].bytes or 0) / steps:.1f}"))
    else:
        report.add("the same values into Trackio", failed)
    report.add("the same, unrounded as our own trainer logs them, steps/s", spread([f.steps_per_s for f in as_ours]))
    report.add(f"{long:,} steps x 6 metrics, steps/s", spread([f.steps_per_s for f in longs]), "no slower a step")
    report.add("its peak memory, MB", spread([f.peak_rss_bytes / 1e6 for f in longs]), "400")
    size = statistics.median(f.database_bytes for f in longs)
    report.add("its database, MB", f"{size / 1e6:,.0f}", "300")
    report.fixed.append(("6 metrics: bytes a step on the disk", f"{size / long:.1f}"))
    report.fixed.append(("5 metrics: bytes a step on the disk", f"{ours[0].database_bytes / steps:.1f}"))
    report.fixed.append(("5 metrics, unrounded: bytes a step on the disk", f"{as_ours[0].database_bytes / steps:.1f}"))
    report.notes.append(
        "Our clock covers parsing the JSON lines; Trackio's begins with its rows ready in memory, 100,000 a batch."
    )
    return report


if __name__ == "__main__":
    print(measure(is_quick(__doc__ or "")).markdown())
