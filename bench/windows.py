"""Any window of a long curve, over one kept-alive HTTP connection: `python -m bench.windows [--quick]`.

Windows of 2,000 buckets, their spans spread evenly on a log scale, anywhere in the run. Beside it, what other trackers
send for the whole of the same, shorter curve when their own pages ask.
"""

import json
import math
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from bench import rivals
from bench.backend import Backend, backend, scratch
from bench.logs import LOSS, SPIKES, Curves, Values, run_folder
from bench.report import Report, is_quick, percentile, spread, table

RUN = "bench"
BUCKETS = 2000
CHECKED = 50
"""So many random windows are compared with the logged values, bucket by bucket."""


def windows(steps: int, count: int, seed: int) -> Iterator[tuple[int, int]]:
    """First and last steps."""
    rng = np.random.default_rng([seed, 7])
    for span in np.exp(rng.uniform(math.log(BUCKETS), math.log(steps), count)).astype(int):
        first = int(rng.integers(1, steps - span + 2))
        yield first, first + int(span) - 1


@contextmanager
def serving(curves: Curves) -> Iterator[Backend]:
    """A backend that has read these curves as run `RUN`."""
    with scratch() as folder:
        run = run_folder(curves, RUN, folder / "made")
        with backend(folder) as served:
            served.add(run)
            served.wait_for({RUN: curves.steps})
            yield served


def ask(served: Backend, first: int, last: int) -> tuple[float, bytes]:
    """Seconds of the round trip, and the answer."""
    began = time.perf_counter()
    body = served.fetch("/api/metrics", run=RUN, keys=LOSS, buckets=BUCKETS, **{"from": first, "to": last})
    return time.perf_counter() - began, body


def series_of(answer: dict[str, Any]) -> dict[str, Any]:
    """The one curve."""
    found: dict[str, Any] = answer["runs"][0]["series"][0]
    return found


def is_exact(answer: dict[str, Any], losses: Values, first: int, last: int) -> bool:
    """Whether each bucket's count and extremes, or each raw point, are those of the logged values."""
    series = series_of(answer)
    window = losses[first - 1 : last]
    if answer["bucket"] is None:
        return bool(series["x"] == list(range(first, last + 1)) and series["mean"] == window.tolist())
    starts = np.maximum(np.array(series["x"], dtype=int), first) - first
    return bool(
        starts[0] == 0
        and (np.diff(starts, append=len(window)) == series["count"]).all()
        and (np.minimum.reduceat(window, starts) == series["min"]).all()
        and (np.maximum.reduceat(window, starts) == series["max"]).all()
    )


def kept(curves: Curves, steps: "np.ndarray[Any, Any]", values: Values) -> int:
    """How many of the planted spikes are among these points."""
    found = dict(zip(steps.tolist(), values.tolist(), strict=True))
    logged = curves.losses()
    return sum(math.isclose(found.get(step, 0), logged[step - 1], rel_tol=1e-6) for step in curves.spikes().tolist())


def kept_in_buckets(curves: Curves, answer: dict[str, Any]) -> int:
    """How many of the planted spikes are at or under the maximum of the bucket that they lie in."""
    series = series_of(answer)
    logged, spikes = curves.losses(), curves.spikes()
    at = np.searchsorted(series["x"], spikes, "right") - 1
    inside = spikes < np.array(series["x"])[at] + (answer["bucket"] or 1)
    return int((inside & (np.array(series["max"] or series["mean"])[at] >= logged[spikes - 1])).sum())


def measure(quick: bool) -> Report:
    long, short, asked, rounds = (200_000, 50_000, 100, 2) if quick else (8_500_000, 1_000_000, 500, 3)
    report = Report("Windows of a curve")
    _measure_ours(report, Curves(long, metrics=6), asked, rounds)
    _measure_beside(report, Curves(short), rounds)
    report.notes.append(
        "A spike is kept where its step and value are among the points that were sent, or, for buckets with extremes, "
        "where it is within those of its own bucket. The others hold the one curve and nothing else."
    )
    return report


def _measure_ours(report: Report, curves: Curves, asked: int, rounds: int) -> None:
    losses = curves.losses()
    p50s, p99s, points, sizes, exact = [], [], [], [], 0
    with serving(curves) as served:
        for round_ in range(rounds):
            answers = [ask(served, *window) for window in windows(curves.steps, asked, round_)]
            seconds = [took for took, _ in answers]
            p50s.append(statistics.median(seconds) * 1e3)
            p99s.append(percentile(seconds, 99) * 1e3)
            sizes += [len(body) for _, body in answers]
            points += [len(series_of(json.loads(body))["x"]) for _, body in answers]
        for first, last in windows(curves.steps, CHECKED, rounds):
            exact += is_exact(json.loads(ask(served, first, last)[1]), losses, first, last)
        whole = json.loads(ask(served, 1, curves.steps)[1])
    what = f"{curves.steps:,} steps, {asked} random windows"
    report.add(f"{what}: median, ms", spread(p50s, ".1f"), "8")
    report.add("the same: 99th percentile, ms", spread(p99s, ".1f"), "15")
    report.fixed += [
        ("buckets sent for a window, median (least to greatest)", spread(points)),
        ("bytes sent for a window, median (least to greatest)", spread(sizes)),
        (f"windows exact in every bucket, of {CHECKED}", str(exact)),
        (
            f"{curves.steps:,} steps at full width: spikes kept, of {SPIKES}",
            f"{kept_in_buckets(curves, whole)}, in {len(series_of(whole)['x']):,} buckets",
        ),
    ]


def _measure_beside(report: Report, curves: Curves, rounds: int) -> None:
    rows = []
    with serving(curves) as served:
        answers = [ask(served, 1, curves.steps) for _ in range(rounds)]
        whole = json.loads(answers[-1][1])
        sent, spikes = series_of(whole)["x"], kept_in_buckets(curves, whole)
        rows.append(_row("Loradeck, in buckets", [took for took, _ in answers], len(sent), len(answers[-1][1]), spikes))
    for name in rivals.NAMES:
        try:
            for way in rivals.read(name, curves, rounds).ways:
                spikes = kept(curves, way.steps, way.values)
                rows.append(_row(way.name, way.seconds, len(way.steps), way.bytes, spikes))
        except rivals.Failed as error:
            rows.append((name, str(error), "", "", ""))
    head = (f"the whole curve of {curves.steps:,} steps, from", "answer, ms", "points", "bytes", f"spikes of {SPIKES}")
    report.tables.append(table(head, rows))


def _row(name: str, seconds: list[float], points: int, size: int, spikes: int) -> tuple[str, ...]:
    return name, spread([took * 1e3 for took in seconds], ",.1f"), f"{points:,}", f"{size:,}", str(spikes)


if __name__ == "__main__":
    print(measure(is_quick(__doc__ or "")).markdown())
