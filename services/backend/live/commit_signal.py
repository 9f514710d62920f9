"""The commit signal: says which runs a commit changed. Listeners read the changes from their own cursors."""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager

RunIds = Collection[str] | None
"""None for any."""


class CommitSignal:
    """Sent from any thread once it is attached to an event loop; received in that loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: dict[asyncio.Event, frozenset[str]] = {}

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Notify listeners in `loop` from now on."""
        self._loop = loop

    def detach(self) -> None:
        self._loop = None

    def send(self, run_ids: RunIds = None) -> None:
        """Notify the listeners of these runs of a commit. From any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._notify, run_ids)

    @contextmanager
    def subscribe(self, run_ids: Collection[str]) -> Iterator[asyncio.Event]:
        """Yield an event that each commit to any of these runs sets; if there are none, every commit sets it."""
        listener = asyncio.Event()
        self._listeners[listener] = frozenset(run_ids)
        try:
            yield listener
        finally:
            del self._listeners[listener]

    def _notify(self, run_ids: RunIds) -> None:
        for listener, wanted in self._listeners.items():
            if run_ids is None or not wanted or not wanted.isdisjoint(run_ids):
                listener.set()
