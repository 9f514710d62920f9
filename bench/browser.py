"""What the charts cost the browser: `python -m bench.browser [--steps N]`. Prints JSON.

Four runs of N steps each are compared in a real Chromium while each gets a further step 20 times a second for 30 s.
Reach: no task over 100 ms on the main thread after the page has loaded, and the main thread busy for less than a
quarter of the time. `cpu_share` is what the thread used of a core: it does not grow where other work holds the machine.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx
from playwright.sync_api import CDPSession, Page, sync_playwright

RUNS, LIVE_S, UPDATES_PER_S = 4, 30, 20
SETTLE_S = 5
"""After the first picture, before anything is counted."""
BLOCK = 50_000
INGEST_LIMIT_S = 3600
NOISE = 4096

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
CHARTS = "[data-testid^='chart-']"
WATCH = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) longTasks.push([startTime, duration]);
}).observe({ type: "longtask", buffered: true });
"""


class RunLog:
    """One run's event log, as a trainer writes it but in blocks."""

    def __init__(self, folder: Path, number: int) -> None:
        self.run_id = f"bench-{number}"
        path = folder / self.run_id
        path.mkdir(parents=True)
        self._file: IO[bytes] = open(path / "1.jsonl", "ab", buffering=0)  # noqa: SIM115 (closed by close)
        self._seq = self._step = 0
        self._ts = time.time() - 1e6
        rng = random.Random(number)
        self._noise = [f"{0.2 + 0.05 * number + rng.gauss(0, 0.02):.6f}" for _ in range(NOISE)]
        header = {"type": "header", "seq": 0, "ts": self._ts, "schema": 1, "log_id": self.run_id, "run_id": self.run_id}
        rest = {"attempt": 1, "rank": 0, "world_size": 1, "host": "bench", "versions": {}}
        self._file.write(json.dumps({**header, **rest}).encode() + b"\n")

    def append(self, steps: int) -> None:
        """So many further steps, one write a block."""
        last = self._step + steps
        while self._step < last:
            self._file.write("".join(self._lines(min(BLOCK, last - self._step))).encode())

    def _lines(self, steps: int) -> Iterator[str]:
        for _ in range(steps):
            self._seq += 1
            self._step += 1
            self._ts += 0.05
            loss, norm = self._noise[self._step % NOISE], self._noise[self._step * 7 % NOISE]
            yield (
                f'{{"type":"step","seq":{self._seq},"ts":{self._ts:.3f},"step":{self._step},"epoch":0,'
                f'"values":{{"train/loss":{loss},"train/grad_norm":{norm},"train/lr":0.0001}}}}\n'
            )

    def close(self) -> None:
        self._file.close()


@contextmanager
def backend(folder: Path) -> Iterator[httpx.Client]:
    """A backend of its own on the logs in `folder`."""
    environment = {
        **os.environ,
        "LORADECK_LOGS_DIR": str(folder / "logs"),
        "LORADECK_STATE_DIR": str(folder / "state"),
        "LORADECK_PORT": "0",
    }
    process = subprocess.Popen([sys.executable, "-m", "services.backend"], env=environment, stdout=subprocess.DEVNULL)
    address = folder / "state" / "backend.json"
    try:
        wait_for(lambda: address.exists() or process.poll() is not None, 60)
        with httpx.Client(base_url=str(json.loads(address.read_text())["url"]), timeout=60) as client:
            yield client
    finally:
        process.terminate()
        process.wait(30)


def wait_for(condition: Callable[[], bool], limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {limit_s:g} s")
        time.sleep(0.1)


def write_live(logs: list[RunLog]) -> None:
    begin = time.monotonic()
    for update in range(LIVE_S * UPDATES_PER_S):
        time.sleep(max(0.0, begin + update / UPDATES_PER_S - time.monotonic()))
        for log in logs:
            log.append(1)


def busy_s(session: CDPSession) -> dict[str, float]:
    """What the page's main thread has spent so far, in seconds, by kind."""
    return {entry["name"]: entry["value"] for entry in session.send("Performance.getMetrics")["metrics"]}


def shown(page: Page) -> list[dict[str, str]]:
    found: list[dict[str, str]] = page.eval_on_selector_all(CHARTS, "charts => charts.map((c) => ({...c.dataset}))")
    return found


def watch(page: Page, url: str, logs: list[RunLog], steps: int) -> dict[str, Any]:
    page.add_init_script(WATCH)
    clocks = {domain: page.context.new_cdp_session(page) for domain in ("timeTicks", "threadTicks")}
    for domain, session in clocks.items():
        session.send("Performance.enable", {"timeDomain": domain})
    began = time.monotonic()
    page.goto(f"{url}/compare/?" + "&".join(f"run={log.run_id}" for log in logs))
    page.wait_for_selector(f"{CHARTS}[data-points]:not([data-points='0'])", timeout=120_000)
    first_picture_s = time.monotonic() - began
    page.wait_for_timeout(SETTLE_S * 1000)
    loaded_at = page.evaluate("performance.now()")
    before, since = {domain: busy_s(session) for domain, session in clocks.items()}, time.monotonic()
    writer = threading.Thread(target=write_live, args=(logs,))
    writer.start()
    page.wait_for_timeout(LIVE_S * 1000)
    after, took_s = {domain: busy_s(session) for domain, session in clocks.items()}, time.monotonic() - since
    writer.join()
    page.wait_for_function(
        "last => Number(document.querySelector(\"[data-testid='chart-train/loss']\").dataset.lastStep) >= last",
        arg=steps + LIVE_S * UPDATES_PER_S,
        timeout=20_000,
    )
    tasks = [length for start, length in page.evaluate("longTasks") if start >= loaded_at]

    def share(domain: str, kind: str) -> float:
        return round((after[domain][kind] - before[domain][kind]) / took_s, 3)

    return {
        "steps": steps,
        "runs": len(logs),
        "live_s": round(took_s, 1),
        "updates_per_s": UPDATES_PER_S,
        "first_picture_s": round(first_picture_s, 2),
        "tasks_over_50_ms": sum(length > 50 for length in tasks),
        "tasks_over_100_ms": sum(length > 100 for length in tasks),
        "longest_task_ms": round(max(tasks, default=0)),
        "main_thread_share": share("timeTicks", "TaskDuration"),
        "script_share": share("timeTicks", "ScriptDuration"),
        "cpu_share": share("threadTicks", "TaskDuration"),
        "heap_mb": round(after["timeTicks"]["JSHeapUsedSize"] / 1e6, 1),
        "points_held": sum(int(chart["points"]) for chart in shown(page)),
        "points_by_chart": {chart["testid"].removeprefix("chart-"): int(chart["points"]) for chart in shown(page)},
    }


def measure(steps: int) -> dict[str, Any]:
    """The figures of one round, with so many steps in each run to begin with."""
    with tempfile.TemporaryDirectory(prefix="loradeck-bench-") as name:
        folder = Path(name)
        logs = [RunLog(folder / "logs", number) for number in range(RUNS)]
        try:
            for log in logs:
                log.append(steps)
            with backend(folder) as client, sync_playwright() as playwright:
                wait_for(lambda: all(run["step"] >= steps for run in runs_of(client)), INGEST_LIMIT_S)
                path = os.environ.get("LORADECK_CHROMIUM") or find_browser()
                browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
                try:
                    page = browser.new_page(viewport={"width": 1280, "height": 900})
                    return watch(page, str(client.base_url).rstrip("/"), logs, steps)
                finally:
                    browser.close()
        finally:
            for log in logs:
                log.close()


def runs_of(client: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/runs").raise_for_status().json()
    return found if len(found) == RUNS else [{"step": -1}]


def find_browser() -> str:
    script = Path(__file__).parents[1] / "scripts" / "find_browser.py"
    return subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=8_500_000)
    print(json.dumps(measure(parser.parse_args().steps), indent=2))


if __name__ == "__main__":
    main()
