"""Ask a rank to finish what it does and leave, in two ways: by a signal, or by `stop.request` in the run folder."""

import signal
from collections.abc import Callable
from types import FrameType

from trainer.contract.messages import Message, message
from trainer.contract.rundir import RunDir, StopRequest
from trainer.contract.small_file import Unreadable, read_small


class Stopped(Exception):
    """Raised if someone asked the run to stop and it has nothing left to save."""


class StopWatch:
    """Tell whether this attempt has been asked to stop. Looking costs one `open` while there is no request.

    `warn`, where it is set, is told once of a request that cannot be read; it counts as none.
    """

    def __init__(self, run: RunDir, attempt: int) -> None:
        self._run, self._attempt = run, attempt
        self._terminated = False
        self._has_warned = False
        self.warn: Callable[[Message], None] | None = None

    def catch_signals(self) -> None:
        """Take SIGTERM and SIGINT as requests to stop from now on. Call from the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    @property
    def terminated(self) -> bool:
        """Tell whether a signal has come."""
        return self._terminated

    def requested(self) -> bool:
        if self._terminated:
            return True
        try:
            asked = read_small(self._run.stop, StopRequest)
        except Unreadable as error:
            self._warn_once(error)
            return False
        return asked is not None and asked.attempt == self._attempt

    def check(self) -> None:
        """Raise Stopped if asked to stop."""
        if self.requested():
            raise Stopped

    def _warn_once(self, error: Unreadable) -> None:
        if self.warn is not None and not self._has_warned:
            self._has_warned = True
            self.warn(message("stop_unreadable", file=self._run.stop.name, reason=error.reason, attempt=self._attempt))

    def _on_signal(self, _signal: int, _frame: FrameType | None) -> None:
        self._terminated = True
