"""`loradeck rebuild`: the database made anew from the run folders, with its progress at the terminal."""

import sys
import time

from services.backend.errors import StartupError
from services.backend.ingest.rebuild import rebuild as rebuild_database
from services.backend.settings import Settings
from trainer.telemetry.progress import ProgressLine, duration


def rebuild(settings: Settings) -> int:
    """Exit status: 0, or 2 after a sentence where it cannot be done."""
    line, started = ProgressLine(), time.monotonic()

    def show(read: int, total: int) -> None:
        if not total or not read:
            return
        left_s = (time.monotonic() - started) * (total - read) / read
        line.show(f"reading {read / 1e6:,.0f} of {total / 1e6:,.0f} MB · {duration(left_s)} left")

    try:
        rebuilt = rebuild_database(settings, show)
    except StartupError as error:
        print(error.body.message, file=sys.stderr)
        return 2
    where = f" The old database is {rebuilt.old}." if rebuilt.old else ""
    line.say(f"{rebuilt.runs:,} runs with {rebuilt.steps:,} steps in {duration(rebuilt.seconds)}.{where}")
    return 0
