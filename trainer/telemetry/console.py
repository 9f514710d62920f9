"""Put a run's events in plain words on standard output, for the person who reads `<attempt>.log`."""

import contextlib
import time

from trainer.contract import events
from trainer.contract.events import Event
from trainer.contract.messages import sentence
from trainer.telemetry.progress import phase_line, training_line

STEPS_EVERY_S = 10.0
"""Seconds between two lines about steps: a log that is read by eye must not grow with every step."""


_TOLD_BY_THEIR_OUTCOME = ("eval", "save", "sample")


class Console:
    """Print a line for each stage's begin, everything rare, and now and then the newest step."""

    def __init__(self) -> None:
        self._phase = ""
        self._total: int | None = None
        self.next_step_ts = 0.0
        """A step before it is not worth a line; for the caller on the hot path, who need not call then."""

    def show(self, event: Event) -> None:
        """Print a line about `event` if it is worth one."""
        if type(event) is events.Step and event.ts < self.next_step_ts:
            return
        line = self._line(event)
        if line:
            with contextlib.suppress(OSError):  # a full disk: the words are for comfort, the step log is the truth
                print(f"{time.strftime('%H:%M:%S', time.localtime(event.ts))}  {line}", flush=True)

    def _line(self, event: Event) -> str:
        match event:
            case events.Header():
                packages = ", ".join(f"{name} {version}" for name, version in event.versions.items())
                return sentence(
                    "console.header",
                    run=event.run_id,
                    attempt=event.attempt,
                    ranks=event.world_size,
                    host=event.host,
                    packages=packages,
                )
            case events.Phase():
                return self._phase_line(event)
            case events.Step():
                self.next_step_ts = event.ts + STEPS_EVERY_S
                loss, pace = event.values.get("train/loss"), event.values.get("perf/step_time_s")
                broken = "".join(
                    sentence("console.nonfinite", name=name, what=it) for name, it in event.nonfinite.items()
                )
                return training_line(event.step, self._total, loss, pace, None) + broken
            case events.Eval():
                loss = event.values.get("eval/loss", float("nan"))
                return sentence("console.eval", step=event.step, loss=loss)
            case events.Sample():
                step, path, what, prompt = event.step, event.path, event.what, event.prompt
                return sentence("console.sample", step=step, path=path, what=what, prompt=prompt)
            case events.Checkpoint():
                return sentence("console.checkpoint", step=event.step, path=event.path)
            case events.Warning() | events.Stall():
                return f"{event.code}: {event.message}"
            case events.End():
                return f"{event.reason}. {event.message}".rstrip(". ") + "."
        return ""

    def _phase_line(self, event: events.Phase) -> str:
        if event.phase == "train" and event.total is not None:
            again, self._total = self._total is not None, event.total
            if again:
                return ""
        if event.phase in (self._phase, *_TOLD_BY_THEIR_OUTCOME):
            return ""
        self._phase = event.phase
        return phase_line(event.phase, event.done, event.total, event.item)
