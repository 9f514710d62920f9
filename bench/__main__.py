"""All measurements one after the other: `make bench`, or `make bench ARGS=--quick` to see in minutes that they work.

The full ones take about half an hour and 12 GB of the disk, and write docs/benchmarks-trackers.md; quick ones write no
file. A measurement that fails is said to have failed, and the exit status is 1.
"""

import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from bench import catch_up, datasets, decoding, live, machine, rebuild, scan, step_log, windows
from bench.report import Report, is_quick

DOCUMENT = Path(__file__).parents[1] / "docs" / "benchmarks-trackers.md"
HEAD = """# Benchmarks: metrics

Written by `make bench`, nothing by hand. Each figure is the median of several rounds, the least and the greatest in
brackets; every process ran on the same machine.
"""


def in_a_browser(quick: bool) -> Report:
    """Raises: ModuleNotFoundError where that measurement is not there."""
    found = import_module("bench.browser").measure(20_000 if quick else 8_500_000)
    report = Report("Charts in a browser")
    what = (
        f"{found['runs']} runs x {found['steps']:,} steps, {found['updates_per_s']} updates/s for {found['live_s']} s"
    )
    report.add(f"{what}: longest task after load, ms", str(found["longest_task_ms"]), "100")
    report.add("the same: the main thread's share of a core, %", f"{found['main_thread_share'] * 100:.1f}", "25")
    report.add("the same: first picture, s", str(found["first_picture_s"]))
    report.fixed.append(("points that the page holds", f"{found['points_held']:,}"))
    return report


def grid_in_a_browser(quick: bool) -> Report:
    """Raises: ModuleNotFoundError where that measurement is not there."""
    found: Report = import_module("bench.grid").measure(quick)
    return found


MEASUREMENTS: tuple[Callable[[bool], Report], ...] = (
    step_log.measure,
    catch_up.measure,
    windows.measure,
    live.measure,
    rebuild.measure,
    datasets.measure,
    in_a_browser,
    scan.measure,
    decoding.measure,
    grid_in_a_browser,
)


def main() -> int:
    quick = is_quick(__doc__ or "")
    parts, failed = [HEAD, machine.describe() + "\n"], False
    for measure in MEASUREMENTS:
        try:
            report = measure(quick)
        except Exception as error:
            traceback.print_exc()
            name = f"{measure.__module__}.{measure.__name__}"
            report, failed = Report(name, notes=[f"It failed: {type(error).__name__}: {error}"]), True
        print(report.markdown(), flush=True)
        parts.append(report.markdown())
    if not quick:
        DOCUMENT.write_text("\n".join(parts))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
