"""Counts the cache in the background: a plan never waits for a large data set's files."""

import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from services.backend.errors import LoradeckError
from services.backend.planning.cache_count import Counted
from trainer.contract.problem import Problem

WAIT_S = 0.2
"""The first plan that asks waits so long for its count, which is enough for some hundred files."""
LIFETIME_S = 30.0
"""Files and cache may have changed after that."""
LIFETIME_SHARE = 10.0
"""A count is kept at least so many times as long as it took."""
KEPT_COUNTS = 16


@dataclass
class _Count:
    """One count, under way until `over`. `stale_at`: seconds of the monotonic clock."""

    found: Counted | None = None
    over: threading.Event = field(default_factory=threading.Event)
    stale_at: float = 0.0

    @property
    def is_stale(self) -> bool:
        return self.over.is_set() and time.monotonic() > self.stale_at


class CacheCounts:
    """Counts one thing after the other, in threads that do not keep the process from its end."""

    def __init__(self) -> None:
        self._counts: OrderedDict[Hashable, _Count] = OrderedDict()
        self._lock = threading.Lock()  # over `_counts`
        self._turn = threading.Lock()  # one count at a time

    def ask(self, key: Hashable, count: Callable[[], Counted], wait_s: float = WAIT_S) -> Counted | None:
        """Return what `count` finds, which is kept by `key` for a while; None as long as it is counted.

        A count that failed is not known: its files cannot be read, or have just changed.
        """
        with self._lock:
            found = self._counts.get(key)
            is_new = found is None or found.is_stale
            if found is None or is_new:
                found = self._counts[key] = _Count()
                threading.Thread(target=self._count, args=(found, count), name="cache-count", daemon=True).start()
            self._counts.move_to_end(key)
            while len(self._counts) > KEPT_COUNTS:
                self._counts.popitem(last=False)
        return found.found if found.over.wait(wait_s if is_new else 0.0) else None

    def _count(self, found: _Count, count: Callable[[], Counted]) -> None:
        with self._turn:
            began = time.monotonic()
            try:
                found.found = count()
            except (OSError, sqlite3.Error, Problem, LoradeckError):  # what is counted has just changed
                found.found = Counted(None, None)
            finally:
                now = time.monotonic()
                found.stale_at = now + max(LIFETIME_S, LIFETIME_SHARE * (now - began))
                found.over.set()
