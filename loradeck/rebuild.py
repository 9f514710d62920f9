"""`loradeck rebuild`: the database made anew from the run folders, with its progress at the terminal."""

import sys
import time

from services.backend.errors import StartupError
from services.backend.ingest.rebuild import rebuild as rebuild_database
from services.backend.settings import Settings
from trainer.contract.messages import sentence
from trainer.telemetry.progress import ProgressLine, duration


def rebuild(settings: Settings) -> int:
    """Exit status: 0, or 2 after a sentence where it cannot be done."""
    line, started = ProgressLine(), time.monotonic()

    def show(read: int, total: int) -> None:
        if not total or not read:
            return
        left_s = (time.monotonic() - started) * (total - read) / read
        line.show(sentence("command.rebuild_reading", read_mb=read / 1e6, total_mb=total / 1e6, left=duration(left_s)))

    try:
        rebuilt = rebuild_database(settings, show)
    except StartupError as error:
        print(error.body.message, file=sys.stderr)
        return 2
    done = sentence("command.rebuilt", runs=rebuilt.runs, steps=rebuilt.steps, took=duration(rebuilt.seconds))
    if rebuilt.old:
        done += " " + sentence("command.rebuilt_old", path=rebuilt.old)
    line.say(done)
    return 0
