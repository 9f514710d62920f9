"""What the charts cost the browser: `python -m bench.browser [--steps N]`. Prints JSON.

Four runs of N steps each are compared in a real Chromium while each gets a further step 20 times a second for 30 s.
Reach: no task over 100 ms on the main thread after the page has loaded, and the main thread busy for less than a
quarter of a core. Times on the clock grow where other work holds the machine, so each stands beside what the thread
itself used: `cpu_share` beside `main_thread_share`, `cpu_ms` beside `ms`. `--trace FILE` keeps the browser's trace.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

from bench import tasks
from bench.backend import backend
from bench.open_runs import OpenRun, caught_up, folder_of

RUNS, LIVE_S, UPDATES_PER_S = 4, 30, 20
SETTLE_S = 3
"""From the moment that every chart on the screen has its curves until anything is counted."""
LONG_MS, TOO_LONG_MS = 50, 100

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
CHARTS = "[data-testid^='chart-']"
LOADED = f"""() => {{
  const charts = [...document.querySelectorAll("{CHARTS}")];
  const seen = charts.filter((chart) => chart.getBoundingClientRect().top < innerHeight);
  return seen.length > 0 && seen.every((chart) => Number(chart.dataset.points) > 0);
}}"""
REACHED = f'last => Number(document.querySelector("{CHARTS}").dataset.lastStep) >= last'


def write_live(runs: list[OpenRun]) -> None:
    begin = time.monotonic()
    for update in range(LIVE_S * UPDATES_PER_S):
        time.sleep(max(0.0, begin + update / UPDATES_PER_S - time.monotonic()))
        for run in runs:
            run.append()


def used(session: CDPSession) -> dict[str, float]:
    """What the page's main thread has used so far, in seconds, by kind."""
    return {entry["name"]: entry["value"] for entry in session.send("Performance.getMetrics")["metrics"]}


def watch(page: Page, url: str, runs: list[OpenRun], trace: Path | None) -> dict[str, Any]:
    browser = page.context.browser
    assert browser
    clocks = {domain: page.context.new_cdp_session(page) for domain in ("timeTicks", "threadTicks")}
    for domain, session in clocks.items():
        session.send("Performance.enable", {"timeDomain": domain})
    steps = min(run.step for run in runs)
    tasks.begin(browser, page)
    began = time.monotonic()
    page.goto(f"{url}/compare/?" + "&".join(f"run={run.run_id}" for run in runs))
    page.wait_for_function(LOADED, timeout=120_000)
    first_picture_s = time.monotonic() - began
    page.wait_for_timeout(SETTLE_S * 1000)
    loading = tasks.end(browser)

    tasks.begin(browser, page)
    before, since = {domain: used(session) for domain, session in clocks.items()}, time.monotonic()
    writer = threading.Thread(target=write_live, args=(runs,))
    writer.start()
    page.wait_for_timeout(LIVE_S * 1000)
    after, took_s = {domain: used(session) for domain, session in clocks.items()}, time.monotonic() - since
    found = tasks.end(browser, trace)
    writer.join()
    page.wait_for_function(REACHED, arg=max(run.step for run in runs), timeout=20_000)

    def share(domain: str, kind: str) -> float:
        return round((after[domain][kind] - before[domain][kind]) / took_s, 3)

    return {
        "steps": steps,
        "runs": len(runs),
        "live_s": round(took_s, 1),
        "updates_per_s": UPDATES_PER_S,
        "first_picture_s": round(first_picture_s, 2),
        "longest_task_of_load_ms": round(max((task.ms for task in loading), default=0)),
        **summary(found),
        "main_thread_share": share("timeTicks", "TaskDuration"),
        "cpu_share": share("threadTicks", "TaskDuration"),
        "heap_mb": round(after["timeTicks"]["JSHeapUsedSize"] / 1e6, 1),
        **points_of(page),
    }


def summary(found: list[tasks.Task]) -> dict[str, Any]:
    """The long tasks, and what all tasks were spent on."""
    spent = sum((task.self_ms for task in found), Counter[str]())
    longest = sorted(found, key=lambda task: -task.ms)
    return {
        "tasks_over_50_ms": sum(task.ms > LONG_MS for task in found),
        "tasks_over_100_ms": sum(task.ms > TOO_LONG_MS for task in found),
        "longest_task_ms": round(longest[0].ms) if longest else 0,
        "longest_task_cpu_ms": round(max((task.cpu_ms for task in found), default=0)),
        "long_tasks": [task.described() for task in longest[:8] if task.ms > LONG_MS],
        "spent_ms": {name: round(ms) for name, ms in spent.most_common(12)},
    }


def points_of(page: Page) -> dict[str, Any]:
    charts: list[dict[str, str]] = page.eval_on_selector_all(CHARTS, "all => all.map((c) => ({...c.dataset}))")
    by_chart = {chart["testid"].removeprefix("chart-"): int(chart["points"]) for chart in charts}
    return {"points_held": sum(by_chart.values()), "points_by_chart": by_chart}


def measure(steps: int, trace: Path | None = None) -> dict[str, Any]:
    """The figures of one round, with so many steps in each run to begin with."""
    folder = folder_of(RUNS, steps)
    logs = sorted((folder / "training_logs").glob("*/1.jsonl"))
    runs = [OpenRun(log, seed) for seed, log in enumerate(logs)]
    try:
        with backend(folder) as found, sync_playwright() as playwright:
            caught_up(found, runs)
            path = os.environ.get("LORADECK_CHROMIUM") or find_browser()
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            try:
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                return watch(page, f"http://127.0.0.1:{found.port}", runs, trace)
            finally:
                browser.close()
                found.close()
    finally:
        for run in runs:
            run.close()


def find_browser() -> str:
    script = Path(__file__).parents[1] / "scripts" / "find_browser.py"
    return subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=8_500_000)
    parser.add_argument("--trace", type=Path)
    words = parser.parse_args()
    print(json.dumps(measure(words.steps, words.trace), indent=2))


if __name__ == "__main__":
    main()
