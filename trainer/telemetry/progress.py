"""Show a person at a terminal how far a run is, in one line."""

import shutil
import sys
import time

from trainer.contract.messages import sentence


def duration(seconds: float) -> str:
    """Say a duration in its two largest units: 8 s, 3 min 20 s, 2 h 5 min, 4 d 3 h."""
    whole = max(0, round(seconds))
    if whole < 60:
        return sentence("duration.seconds", s=whole)
    if whole < 3600:
        return sentence("duration.minutes", min=whole // 60, s=whole % 60)
    if whole < 86400:
        return sentence("duration.hours", h=whole // 3600, min=whole % 3600 // 60)
    return sentence("duration.days", d=whole // 86400, h=whole % 86400 // 3600)


def training_line(
    step: int, total: int | None, loss: float | None, step_time_s: float | None, left_s: float | None
) -> str:
    parts = [sentence("progress.step_of", step=step, total=total) if total else sentence("progress.step", step=step)]
    if loss is not None:
        parts.append(sentence("progress.loss", loss=loss))
    if step_time_s is not None:
        parts.append(sentence("progress.pace", seconds=step_time_s))
    if left_s is not None:
        parts.append(sentence("progress.left", time=duration(left_s)))
    return " · ".join(parts)


def phase_line(phase: str, done: int | None, total: int | None, item: str | None) -> str:
    line = f"{phase} {done}/{total}" if done is not None and total is not None else phase
    return f"{line} · {item}" if item else line


class ProgressLine:
    """Rewrite a line in place on a terminal; elsewhere print one every `every_s` and at each new phase."""

    def __init__(self, every_s: float = 5.0) -> None:
        self.every_s = every_s
        self._live = sys.stdout.isatty()
        self._shown = ""
        self._phase = ""
        self._at = float("-inf")

    def show(self, line: str) -> None:
        if line == self._shown:
            return
        phase = line.split(" ", 1)[0]
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[K{line[:width]}", end="", flush=True)
        elif phase != self._phase or time.monotonic() - self._at >= self.every_s:
            print(line, flush=True)
        else:
            return
        self._shown, self._phase, self._at = line, phase, time.monotonic()

    def say(self, sentence: str) -> None:
        """Print `sentence` on a line of its own; the progress goes on below it."""
        if self._live and self._shown:
            print("\r\x1b[K", end="")
        print(sentence, flush=True)
        self._shown = ""

    def end(self) -> None:
        """Clear the line: what it told of is done."""
        if self._live and self._shown:
            print("\r\x1b[K", end="", flush=True)
        self._shown = ""
