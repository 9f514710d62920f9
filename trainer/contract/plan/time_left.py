"""How long a run has still to go, from its own log: what its last steps took, and what its pauses cost.

Steps are timed without what lies between them: an evaluation, a draw of samples, a checkpoint, each of which is timed
by itself and counted as often as it is still to come. Loading, caching and the first steps of an attempt, in which
kernels are compiled and graphs recorded, are no measure of the others; nor is a gap in which the process was suspended.
"""

from collections import deque
from statistics import median, median_low
from typing import Any

from trainer.contract.config import RunConfig
from trainer.contract.plan.periodic_work import ForwardPasses, steps_between, times

STEPS = 200
"""Over how many steps their mean time is taken: enough for a mix of shapes, few enough to see a slower card."""
SHOWN_STEPS = 50
"""Over how many the time of a step that people are shown is the median."""
WARM_UP = 3
"""Steps of an attempt that are no measure."""
SUSPENDED = 10
"""A gap so many times longer than nearly all others is none of the steps' own."""
MEASURES = 5
"""Of each kind of pause so many are remembered."""
KINDS = ("eval", "sample", "save")
_INTERVALS = 64


class Pace:
    """What a run's steps and pauses take. It is told events of rank 0 in the order in which they were logged."""

    def __init__(self, stored: dict[str, Any] | None = None) -> None:
        stored = stored or {}
        self._costs = {kind: deque(stored.get("costs", {}).get(kind, ()), maxlen=MEASURES) for kind in KINDS}
        self._carried: float | None = stored.get("carried")
        """The seconds of a step in the attempt before."""
        self._paused_at: dict[str, int] = stored.get("paused_at", {})
        """By kind the step after which its last pause was."""
        self._intervals = deque((tuple(pair) for pair in stored.get("pauses", ())), maxlen=_INTERVALS)
        """Begin and end of the last pauses."""
        self._open: tuple[str, float] | None = None
        if stored.get("open"):
            kind, begin = stored["open"]
            self._open = (kind, begin)
        self._gaps: deque[float] = deque(maxlen=STEPS)
        self._steps = 0
        """Of the attempt, that were seen."""
        self._last: float | None = None

    def begin(self) -> None:
        """A new attempt: what its steps take is not known yet."""
        self._carried = self.step_s
        self._gaps.clear()
        self._intervals.clear()
        self._paused_at.clear()
        self._open, self._last, self._steps = None, None, 0

    def add(self, *at: float) -> None:
        """Steps ended at these times; they follow on those before, or are so many that they are all that counts."""
        if len(at) > STEPS:
            at = at[-STEPS - 1 :]
            self._intervals = deque([pair for pair in self._intervals if pair[1] > at[0]], maxlen=_INTERVALS)
            self._gaps.clear()
            self._last, self._steps = None, WARM_UP + 2
        for ts in at:
            if self._last is not None and ts >= self._last:
                self._gaps.append(ts - self._last - self._paused(self._last, ts))
                if self._steps == WARM_UP + 1 and len(self._gaps) > WARM_UP:
                    self._gaps = deque(list(self._gaps)[-1:], maxlen=STEPS)
            self._last = ts
            self._steps += 1

    def phase(self, ts: float, phase: str, step: int) -> None:
        """Rank 0 is in `phase` now, after optimizer step `step`."""
        if self._open is not None and (phase == "train" or (phase in KINDS and phase != self._open[0])):
            kind, begin = self._open
            self._open = None
            self._intervals.append((begin, ts))
            if ts >= begin:
                self._costs[kind].append(ts - begin)
        if phase in KINDS and self._open is None:
            self._open = (phase, ts)
            self._paused_at[phase] = step

    @property
    def seconds_per_step(self) -> float | None:
        """The median of the last steps, for people to read; None before the second."""
        return median(list(self._gaps)[-SHOWN_STEPS:]) if self._gaps else None

    @property
    def step_s(self) -> float | None:
        """The mean of the last steps, of which a sum may be made."""
        gaps = sorted(self._gaps)
        if self._carried is not None and (len(gaps) < WARM_UP or self._steps <= WARM_UP + 1):
            return self._carried
        if not gaps:
            return None
        most = SUSPENDED * gaps[(9 * (len(gaps) - 1)) // 10]
        own = [gap for gap in gaps if gap <= most] if most > 0 else gaps
        return sum(own) / len(own)

    def cost_s(self, kind: str) -> float | None:
        """Of one pause of this kind; None where there was none yet."""
        return median_low(self._costs[kind]) if self._costs[kind] else None

    def left_s(self, config: RunConfig | None, done: int, total: int) -> float | None:
        """Until the end of a run that has done `done` steps of `total`; None where nothing is known. Without a config
        of steps alone."""
        step_s = self.step_s
        if step_s is None:
            return None
        left = max(0, total - done) * step_s
        if config is None:
            return left
        every = {
            "eval": config.eval_steps,
            "sample": steps_between(config.sample_steps, config.sample_minutes, step_s),
            "save": steps_between(config.save_steps, config.save_minutes, step_s),
        }
        for kind, cost in self._costs_of(config).items():
            seen = max(self._paused_at.get(kind, 0), done - 1)
            left += cost * times(every[kind], seen, total)
        return left

    def stored(self) -> dict[str, Any]:
        """What `Pace(...)` takes back, when the last steps' times are added again; and `step_s`, for other readers."""
        return {
            "costs": {kind: list(costs) for kind, costs in self._costs.items() if costs},
            "carried": self._carried,
            "paused_at": self._paused_at,
            "pauses": [list(pair) for pair in self._intervals],
            "open": list(self._open) if self._open else None,
            "step_s": self.step_s,
        }

    def _paused(self, begin: float, end: float) -> float:
        """How much of the time between two steps was a pause."""
        if self._open is not None and self._open[1] < end:  # a log that does not say when it went on
            kind, since = self._open
            self._open = None
            self._intervals.append((since, end))
            self._costs[kind].append(end - max(since, begin))
        found = 0.0
        for since, until in reversed(self._intervals):
            if until <= begin:
                break
            found += max(0.0, min(end, until) - max(begin, since))
        return min(found, end - begin)

    def _costs_of(self, config: RunConfig) -> dict[str, float]:
        """By kind. What samples cost is guessed from the passes of an evaluation until some were drawn."""
        costs = {kind: cost for kind in KINDS if (cost := self.cost_s(kind)) is not None}
        if "sample" not in costs and "eval" in costs:
            held_out, ranks = config.validation_clips or 0, config.num_processes or 1
            passes = ForwardPasses.of(config, config.eval_samples, held_out, ranks)
            costs["sample"] = costs["eval"] * passes.draw / max(1, passes.evaluation)
        return costs
