"""Measure intervals by the clock, for what is wanted every n minutes besides every n steps.

Only rank 0's clock counts: the loop's own collective tells the other ranks (`loop._step`).
"""

import time


class Interval:
    """Tell whether `minutes` have passed since the last time; never, if None."""

    def __init__(self, minutes: float | None) -> None:
        self._interval_s = None if minutes is None else minutes * 60
        self.restart()

    def restart(self) -> None:
        """Count from now on."""
        self._since = time.monotonic()

    def due(self) -> bool:
        return self._interval_s is not None and time.monotonic() - self._since >= self._interval_s
