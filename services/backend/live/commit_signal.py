"""The doorbell: says that something was committed and which runs it is about, never what.

Whoever hears it reads what lies after their own place.
"""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager

RunIds = Collection[str] | None
"""None for any."""


class Bell:
    """Rung from any thread once it is attached to a loop; heard in that loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ears: dict[asyncio.Event, frozenset[str]] = {}

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ring in `loop` from now on."""
        self._loop = loop

    def detach(self) -> None:
        self._loop = None

    def ring(self, run_ids: RunIds = None) -> None:
        """Say that something about these runs was committed. From any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._heard, run_ids)

    @contextmanager
    def listening(self, run_ids: Collection[str]) -> Iterator[asyncio.Event]:
        """An event that is set by each ring about any of these runs, or for none of them by every ring."""
        ear = asyncio.Event()
        self._ears[ear] = frozenset(run_ids)
        try:
            yield ear
        finally:
            del self._ears[ear]

    def _heard(self, run_ids: RunIds) -> None:
        for ear, wanted in self._ears.items():
            if run_ids is None or not wanted or not wanted.isdisjoint(run_ids):
                ear.set()
