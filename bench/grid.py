"""What a grid of 170,180 thumbnails costs the browser: `python -m bench.grid [--quick]`.

A real Chromium scrolls through all of it in three ways: in small steps, as a wheel does; from end to end in big ones,
as a dragged scrollbar does; and by jumps, after which it waits for every picture in sight. A frame is dropped where the
next one comes a whole frame late. The machine draws without a GPU.
"""

import io
import os
import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from bench import tasks
from bench.backend import Backend, backend, scratch
from bench.browser import FLAGS, find_browser
from bench.datasets import IMAGES, VIDEOS, facts, write_source
from bench.report import Report, is_quick, percentile
from services.backend.datasets.importing import scan_results
from services.backend.datasets.manifest.manifest import opened
from trainer.contract.scan import THUMBNAILS
from trainer.contract.tasks import TASKS

PICTURES = 48
TASK = "scan-0"
WHEEL_PX, WHEEL_S = 120, 20
DRAG_FRAMES = 1_500
JUMPS = 40
FRAME_MS = 1000 / 60

SCROLL = """async ([stepPx, frames]) => {
  const grid = document.querySelector('[data-testid=grid]');
  const gaps = [];
  let last = await new Promise(requestAnimationFrame);
  for (let frame = 0; frame < frames; frame++) {
    grid.scrollTop += stepPx;
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  return gaps;
}"""
JUMP = """async (share) => {
  const grid = document.querySelector('[data-testid=grid]');
  const began = performance.now();
  grid.scrollTop = share * (grid.scrollHeight - grid.clientHeight);
  const box = grid.getBoundingClientRect();
  const isSeen = (cell) => {
    const {top, bottom} = cell.getBoundingClientRect();
    return bottom > box.top && top < box.bottom;
  };
  const isDrawn = (cell) => [...cell.querySelectorAll('img')].some((img) => img.complete && img.naturalWidth > 0);
  for (;;) {
    await new Promise(requestAnimationFrame);
    const seen = [...grid.querySelectorAll('[data-testid=item]')].filter(isSeen);
    if (seen.length > 0 && seen.every(isDrawn)) return performance.now() - began;
    if (performance.now() - began > 20_000) throw new Error('a picture did not come within 20 s');
  }
}"""
HELD = "() => [document.querySelectorAll('[data-testid=item]').length, performance.memory.usedJSHeapSize / 1e6]"


def pictures(path: Path) -> list[tuple[int, int]]:
    """Thumbnails as a scan leaves them, of gradients with noise; where each is."""
    draw, places = random.Random(0), list[tuple[int, int]]()
    with open(path, "wb") as file:
        for _ in range(PICTURES):
            small = Image.frombytes("RGB", (16, 9), draw.randbytes(16 * 9 * 3))
            content = io.BytesIO()
            small.resize((256, 144), Image.Resampling.BICUBIC).save(content, "WEBP", quality=75)
            places.append((file.tell(), len(content.getvalue())))
            file.write(content.getvalue())
    return places


def with_pictures(path: Path, places: list[tuple[int, int]]) -> Iterator[list[scan_results.Fact]]:
    """The generated facts of a data set, each file with one of the pictures, in batches."""
    decoder, batch = msgspec.json.Decoder(), list[scan_results.Fact]()
    for number, piece in enumerate(facts(path)):
        media, words = (decoder.decode(line) for line in piece.splitlines())
        media["thumbnail"] = places[number % len(places)]
        batch += [fact for fact in map(scan_results.parse_fact, (media, words)) if fact is not None]
        if len(batch) >= 16_000:
            yield batch
            batch = []
    yield batch


def filled(served: Backend, table: Path) -> int:
    """A data set of the table, with facts and pictures as if it had been scanned. Returns: its id."""
    url = f"http://127.0.0.1:{served.port}/api/datasets"
    body = {"name": "all of them", "base_path": str(table.parent)}
    dataset_id: int = httpx.post(url, json=body, timeout=60).raise_for_status().json()["id"]
    deadline = time.monotonic() + 120
    while httpx.get(f"{url}/{dataset_id}").json()["state"] != "ready" and time.monotonic() < deadline:
        time.sleep(0.2)
    task = served.runs_dir / TASKS / TASK
    task.mkdir(parents=True)
    places = pictures(task / THUMBNAILS)
    path = served.state_dir / "datasets" / f"{dataset_id}.db"
    batches = list(with_pictures(path, places))
    with opened(path) as manifest:
        for batch in batches:
            with manifest.write() as sql:
                scan_results.store_facts(sql, TASK, batch)
    return dataset_id


def scrolled(page: Page, step_px: float, frames: int) -> dict[str, Any]:
    browser = page.context.browser
    assert browser
    tasks.begin(browser, page)
    gaps: list[float] = page.evaluate(SCROLL, [step_px, frames])
    found = tasks.end(browser)
    longest = max(found, key=lambda task: task.ms)
    return {
        "frames": len(gaps),
        "dropped": sum(max(0, round(gap / FRAME_MS) - 1) for gap in gaps),
        "worst_gap_ms": max(gaps),
        "longest_ms": longest.ms,
        "longest_cpu_ms": max(task.cpu_ms for task in found),
        "over_50_ms": sum(task.ms > 50 for task in found),
    }


def watch(page: Page, url: str, report: Report, quick: bool) -> None:
    page.goto(url)
    page.locator("[data-testid=item][data-item] img").first.wait_for()
    page.get_by_test_id("grid").evaluate("grid => grid.scrollIntoView({block: 'center'})")
    page.evaluate(JUMP, 0)
    height = page.get_by_test_id("grid").evaluate("grid => grid.scrollHeight")
    drag_frames = 100 if quick else DRAG_FRAMES
    wheel = scrolled(page, WHEEL_PX, 100 if quick else WHEEL_S * 60)
    page.evaluate(JUMP, 0)
    drag = scrolled(page, height / drag_frames, drag_frames)
    ways = {f"small steps of {WHEEL_PX} px": wheel, f"end to end, {height / drag_frames:,.0f} px": drag}
    for what, found in ways.items():
        name = f"{what} a frame, {found['frames']:,} frames"
        report.add(f"{name}: dropped", f"{found['dropped']:,}")
        report.add(f"{name}: longest task, ms on the clock", f"{found['longest_ms']:.0f}", "50")
        report.add(f"{name}: longest task, ms of the CPU", f"{found['longest_cpu_ms']:.0f}")
        report.add(f"{name}: tasks over 50 ms", str(found["over_50_ms"]), "0")
        report.add(f"{name}: longest time without a frame, ms", f"{found['worst_gap_ms']:.0f}")
    draw = random.Random(2)
    waits: list[float] = [page.evaluate(JUMP, draw.random()) for _ in range(3 if quick else JUMPS)]
    report.add("a jump, until every picture in sight is there: median, ms", f"{statistics.median(waits):.0f}")
    report.add("the same: 95th percentile, ms", f"{percentile(waits, 95):.0f}")
    cells, heap_mb = page.evaluate(HELD)
    report.add("cells in the page, and MB of its heap, at the end", f"{cells}, {heap_mb:.0f}")


def measure(quick: bool) -> Report:
    rows = 5_000 if quick else VIDEOS + IMAGES
    report = Report(f"A grid of {rows:,} thumbnails, in Chromium")
    with scratch() as folder:
        table = write_source(folder / "data", rows)
        with backend(folder) as served, sync_playwright() as playwright:
            dataset_id = filled(served, table)
            path = os.environ.get("LORADECK_CHROMIUM") or find_browser()
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            try:
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                watch(page, f"http://127.0.0.1:{served.port}/dataset/?id={dataset_id}", report, quick)
            finally:
                browser.close()
    report.notes.append("1440 x 900 pixels, one thread draws what a GPU would; the backend ran on the same machine.")
    return report


if __name__ == "__main__":
    print(measure(is_quick(__doc__ or "")).markdown())
