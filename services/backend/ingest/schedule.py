"""The schedule of the follower: which runs are read when. Pure: the caller brings the clock, the hints and the lock.

Runs that a live socket watches are read as soon as a file of theirs changes, others every `UNWATCHED_S`. Every `POLL_S`
all run folders are compared with what was read of them, since file notifications may be lost.
"""

from dataclasses import dataclass

from services.backend.ingest.discovery import Due, DueRuns, add_due

POLL_S = 1.0
THOROUGH_POLLS = 10
"""Every so many polls the folders of runs that have ended are compared, too: someone may have resumed one by hand."""
UNWATCHED_S = 0.25
"""How long hints of runs that no live socket watches are collected: only lists show these runs."""
READ_GAP_S = 0.005
"""From the begin of one turn to the next while runs are written: the most a step waits for, so that commits are few."""
CATCH_UP_GAP_S = 0.001
"""From the end of one turn to the next while more is left to read: enough for a command to get the database's lock."""


@dataclass
class Turn:
    """What to do now."""

    runs: DueRuns
    """To be read."""
    poll: bool
    """Compare all folders first, those of ended runs only if `thorough`."""
    thorough: bool
    tidy: bool
    """Remove what deleted runs left, if there is nothing to read."""


class Schedule:
    """Times are seconds of a monotonic clock, which starts at 0 or later."""

    def __init__(self) -> None:
        self._watched: DueRuns = {}
        """Due at once."""
        self._unwatched: DueRuns = {}
        self._next_poll = self._next_unwatched = 0.0
        self._polls = 0
        self._tidy = True  # a backend before this one may have left something

    def hint(self, run_id: str, due: Due, is_watched: bool) -> bool:
        """Note that files of a run have changed. Returns whether the follower's sleep has become too long by it."""
        runs = self._watched if is_watched else self._unwatched
        is_sooner = is_watched or not runs
        add_due(runs, run_id, due)
        return is_sooner

    def request_tidy(self) -> None:
        """Note that a run was deleted whose points are still there."""
        self._tidy = True

    def wait_s(self, now: float) -> float:
        """Return for how long there is nothing to do."""
        if self._watched or self._tidy:
            return 0.0
        until = min(self._next_poll, self._next_unwatched) if self._unwatched else self._next_poll
        return max(0.0, until - now)

    def begin(self, now: float) -> Turn:
        """Start a turn. Its runs are the caller's, who hands back with `end` what it has not read."""
        runs, self._watched = self._watched, {}
        if self._unwatched and now >= self._next_unwatched:
            for run_id, due in self._unwatched.items():
                add_due(runs, run_id, due)
            self._unwatched, self._next_unwatched = {}, now + UNWATCHED_S
        is_poll = now >= self._next_poll
        if is_poll:
            self._next_poll = now + POLL_S
        tidy, self._tidy = self._tidy, False
        return Turn(runs, is_poll, is_poll and self._polls % THOROUGH_POLLS == 0, tidy)

    def polled(self, turn: Turn, found: DueRuns) -> None:
        """Add what the poll of a turn has found."""
        self._polls += 1
        for run_id, due in found.items():
            add_due(turn.runs, run_id, due)

    def end(self, left: DueRuns, tidy: bool) -> None:
        """End a turn: `left` is still to be read, before what was hinted meanwhile, and `tidy` is still to be done."""
        hinted, self._watched = self._watched, left
        for run_id, due in hinted.items():
            add_due(self._watched, run_id, due)
        self._tidy = self._tidy or tidy


def gap_s(began: float, now: float, has_left: bool) -> float:
    """Return how long to pause after a turn that read something."""
    return CATCH_UP_GAP_S if has_left else max(0.0, began + READ_GAP_S - now)
