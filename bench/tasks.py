"""What a page's main thread did, from Chromium's own trace of it."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

CATEGORIES = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline", "v8", "blink.user_timing"]
TASK = "RunTask"
_PARTS = 6
"""So many names tell where a task's time went."""


@dataclass
class Task:
    """One task of the main thread. `cpu_ms` is less than `ms` where the machine ran something else meanwhile."""

    at_s: float
    ms: float
    cpu_ms: float
    self_ms: Counter[str] = field(default_factory=Counter)
    """By what the trace calls it: FunctionCall is a script's, MajorGC the collector's."""

    def described(self) -> dict[str, Any]:
        parts = {name: round(ms, 1) for name, ms in self.self_ms.most_common(_PARTS) if ms >= 1}
        return {"at_s": round(self.at_s, 2), "ms": round(self.ms), "cpu_ms": round(self.cpu_ms), "parts": parts}


def begin(browser: Browser, page: Page) -> None:
    browser.start_tracing(page=page, categories=CATEGORIES)


def end(browser: Browser, keep: Path | None = None) -> list[Task]:
    """The tasks since the begin. `keep`: where the trace goes, for chrome://tracing or ui.perfetto.dev."""
    trace = browser.stop_tracing()
    if keep:
        keep.write_bytes(trace)
    return tasks_of(json.loads(trace)["traceEvents"])


def tasks_of(events: list[dict[str, Any]]) -> list[Task]:
    """All tasks of the busiest page's main thread, in order."""
    mains = {(e["pid"], e["tid"]) for e in events if e["name"] == "thread_name" and _is_main(e)}
    spans = [e for e in events if e["ph"] == "X" and (e["pid"], e["tid"]) in mains]
    busy = Counter[tuple[int, int]]()
    for span in spans:
        if span["name"] == TASK:
            busy[span["pid"], span["tid"]] += span["dur"]
    if not busy:
        return []
    thread = busy.most_common(1)[0][0]
    found = sorted((s for s in spans if (s["pid"], s["tid"]) == thread), key=lambda s: (s["ts"], -s["dur"]))
    return _nested(found)


def _nested(spans: list[dict[str, Any]]) -> list[Task]:
    """Each task with the time of every span in it, less that of the spans inside the span."""
    tasks: list[Task] = []
    open_spans: list[dict[str, Any]] = []
    for span in spans:
        while open_spans and span["ts"] >= open_spans[-1]["ts"] + open_spans[-1]["dur"]:
            open_spans.pop()
        if span["name"] == TASK and not open_spans:
            at_s = (span["ts"] - spans[0]["ts"]) / 1e6
            tasks.append(Task(at_s, span["dur"] / 1e3, span.get("tdur", span["dur"]) / 1e3))
        if tasks and (open_spans or span["name"] == TASK):
            tasks[-1].self_ms[span["name"]] += span["dur"] / 1e3
            if open_spans:
                tasks[-1].self_ms[open_spans[-1]["name"]] -= span["dur"] / 1e3
            open_spans.append(span)
    return tasks


def _is_main(event: dict[str, Any]) -> bool:
    return bool(event["args"].get("name") == "CrRendererMain")
