"""Ask a rank to finish what it does and leave, in two ways: by a signal, or by `stop.request` in the run folder."""

import signal
from types import FrameType

from trainer.contract.rundir import RunDir


class Stopped(Exception):
    """Raised if someone asked the run to stop and it has nothing left to save."""


class StopWatch:
    """Tell whether this attempt has been asked to stop. Looking costs one `stat` while there is no request."""

    def __init__(self, run: RunDir, attempt: int) -> None:
        self._run, self._attempt = run, attempt
        self._terminated = False

    def catch_signals(self) -> None:
        """Take SIGTERM and SIGINT as requests to stop from now on. Call from the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    @property
    def terminated(self) -> bool:
        """Tell whether a signal has come."""
        return self._terminated

    def requested(self) -> bool:
        return self._terminated or self._run.stop_requested(self._attempt)

    def check(self) -> None:
        """Raise Stopped if asked to stop."""
        if self.requested():
            raise Stopped

    def _on_signal(self, _signal: int, _frame: FrameType | None) -> None:
        self._terminated = True
