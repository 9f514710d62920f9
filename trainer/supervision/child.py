"""Keep a process up: start it again when it has ended, and take it along when its parent dies."""

import time
from contextlib import ExitStack
from pathlib import Path

from trainer.supervision.piped_process import exit_text, spawn

FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.5, 30.0
STEADY_S = 60.0
"""A child that was up for so long starts again without delay."""


class Child:
    """Keep one of Loradeck's processes up. Ctrl-C reaches only us, for it leads a group of its own; it ends when we
    die.

    It prints into the file `log`, or where we do.
    """

    def __init__(self, name: str, argv: list[str], environment: dict[str, str], log: Path | None = None) -> None:
        self.name, self.argv, self.environment, self.log = name, argv, environment, log
        self.backoff_s = FIRST_BACKOFF_S
        self.start()

    def start(self) -> None:
        with ExitStack() as files:
            log = files.enter_context(open(self.log, "ab")) if self.log is not None else None
            self.log_start = log.tell() if log is not None else 0
            self.process = spawn(self.argv, self.environment, stdout=log, stderr=log)
        self.started_at = time.monotonic()
        self.again_at: float | None = None

    def last_line(self) -> str:
        """Read the last line that it has printed since it was started; empty if it has no log."""
        if self.log is None:
            return ""
        with open(self.log, "rb") as log:
            log.seek(self.log_start)
            lines = log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def look_after(self) -> str | None:
        """Start it again if it has ended, later each time. Returns a sentence when there is something to say."""
        now = time.monotonic()
        if self.again_at is not None:
            if now >= self.again_at:
                self.start()
            return None
        if self.process.poll() is None:
            return None
        if now - self.started_at > STEADY_S:
            self.backoff_s = FIRST_BACKOFF_S
        self.again_at = now + self.backoff_s
        wait = f"{self.backoff_s:g} s"
        self.backoff_s = min(2 * self.backoff_s, LAST_BACKOFF_S)
        see = f" See {self.log}" if self.log is not None else ""
        return f"The {self.name} has ended ({exit_text(self.process.returncode)}); it is started again in {wait}.{see}"
