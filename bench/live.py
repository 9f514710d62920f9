"""From a trainer's append to the clients of the live socket: `python -m bench.live [--quick]`.

One run is watched at 20 steps/s while 100 others log one step a second each, all through the trainer's own step log. A
step's time stamp is taken right before its write, and compared with the clock of the same machine when a client has it.
"""

import contextlib
import io
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.backend import Backend, backend, scratch
from bench.logs import METRICS
from bench.report import Report, is_quick, spread
from trainer.telemetry.step_log import StepLog

WATCHED = "watched"
RATE = 20
OTHERS = 100
VALUES = dict(zip(METRICS, (0.123456, 1e-4, 0.654321, 0.287654, 24.3), strict=False))


@dataclass(frozen=True)
class Seen:
    """By the clients of one round; `cpu` is the backend's share of one core."""

    p50_ms: float
    p99_ms: float
    own_delay_ms: float
    own_cpu: float
    dropped: int
    doubled: int
    frames_per_s: float
    bytes_per_s: float
    cpu: float

    @property
    def is_bound_by_clients(self) -> bool:
        """Whether the process of the clients was too slow to say how fast the backend is."""
        return self.own_cpu > 0.85 or self.own_delay_ms > self.p99_ms / 2


def round_of(clients: int, seconds: float) -> Seen:
    """What `clients` see of the watched run's steps in this time, with a backend of their own."""
    with scratch() as folder, backend(folder) as served, ExitStack() as logs, contextlib.redirect_stdout(io.StringIO()):
        watched = logs.enter_context(_log(served.runs_dir, WATCHED, RATE * int(seconds)))
        others = [
            logs.enter_context(_log(served.runs_dir, f"other-{number:03}", int(seconds))) for number in range(OTHERS)
        ]
        with _watchers(served, clients) as process:
            began, cpu_s = time.monotonic(), served.cpu_s
            _write(watched, others, int(seconds))
            answer, _ = process.communicate(f"{RATE * int(seconds)}\n", timeout=60)
            cpu = (served.cpu_s - cpu_s) / (time.monotonic() - began)
        return Seen(cpu=cpu, **json.loads(answer))


@contextmanager
def _log(runs_dir: Path, run_id: str, steps: int) -> Iterator[StepLog]:
    (runs_dir / run_id).mkdir()
    with StepLog.open(runs_dir / run_id / "1.jsonl", run_id=run_id, attempt=1, rank=0, world_size=1) as log:
        log.phase("train", 0, steps)
        yield log


@contextmanager
def _watchers(served: Backend, clients: int) -> Iterator["subprocess.Popen[str]"]:
    """The clients' process, once all of them have had their hello."""
    command = [sys.executable, "-m", "bench.watchers", str(served.port), WATCHED, str(clients)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise RuntimeError(f"{clients} clients could not all connect")
            time.sleep(2)  # what their coming has set going is over
            yield process
        finally:
            process.kill()


def _write(watched: StepLog, others: list[StepLog], seconds: int) -> None:
    """Steps evenly over the time; the others' lie between each other."""
    due = [(number / RATE, watched, number + 1) for number in range(RATE * seconds)]
    due += [(second + at / OTHERS, log, second + 1) for at, log in enumerate(others) for second in range(seconds)]
    began = time.monotonic()
    for at, log, step in sorted(due, key=lambda one: one[0]):
        time.sleep(max(0.0, began + at - time.monotonic()))
        log.step(step, 1, VALUES)


def measure(quick: bool) -> Report:
    counts, seconds, rounds = ((20, 100), 5, 2) if quick else ((100, 1000), 30, 3)
    report = Report("From append to client")
    report.notes.append(
        f"{RATE} steps/s in the watched run, {OTHERS} other runs at 1 step/s each; {rounds} rounds of {seconds} s, "
        "all clients in one process beside the backend."
    )
    for clients, reach in zip(counts, ("30", "60"), strict=True):
        seen = [round_of(clients, seconds) for _ in range(rounds)]
        report.add(f"{clients:,} clients: median, ms", spread([found.p50_ms for found in seen], ".1f"))
        report.add(f"{clients:,} clients: 99th percentile, ms", spread([f.p99_ms for f in seen], ".1f"), reach)
        report.add(f"{clients:,} clients: the backend's share of a core, %", spread([f.cpu * 100 for f in seen]), "25")
        lost = f"{sum(f.dropped for f in seen)} and {sum(f.doubled for f in seen)}"
        report.add(f"{clients:,} clients: steps dropped and doubled, all clients together", lost, "0 and 0")
        report.add(f"{clients:,} clients: frames/s to each", spread([f.frames_per_s for f in seen], ".1f"))
        report.add(f"{clients:,} clients: kB/s to each", spread([f.bytes_per_s / 1e3 for f in seen], ".1f"))
        if any(found.is_bound_by_clients for found in seen):
            own = statistics.median(f.own_cpu for f in seen)
            delay = statistics.median(f.own_delay_ms for f in seen)
            report.notes.append(
                f"With {clients:,} clients their own process was the bottleneck: it took {own:.0%} of a core, frames "
                f"lay in it for {delay:.0f} ms (99th percentile)."
            )
    return report


if __name__ == "__main__":
    print(measure(is_quick(__doc__ or "")).markdown())
