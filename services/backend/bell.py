"""The doorbell: says that something was committed, never what.

Whoever hears it reads what lies after their own cursor.
"""

import asyncio

QUIET_S = 0.02
"""At most one ring in this time, so that all who wait read on from the same place and share what they read."""


class Bell:
    """Rung from any thread once it is attached to a loop; waited for in that loop."""

    def __init__(self) -> None:
        self.tick = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rung = asyncio.Event()
        self._last_ring = 0.0
        self._pending: asyncio.TimerHandle | None = None
        self._newest = 0

    def attach(self, loop: asyncio.AbstractEventLoop, tick: int) -> None:
        """Ring in `loop` from now on; the database stands at `tick`."""
        self._loop = loop
        self.tick = self._newest = tick

    def detach(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
        self._loop = self._pending = None

    def ring(self, tick: int) -> None:
        """Say that `tick` was committed. From any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._heard, tick)

    async def wait(self, tick: int) -> None:
        """Until more than `tick` was committed."""
        while self.tick <= tick:
            await self._rung.wait()

    def _heard(self, tick: int) -> None:
        self._newest = max(self._newest, tick)
        if self._pending is None and self._loop is not None:
            wait_s = self._last_ring + QUIET_S - self._loop.time()
            if wait_s <= 0:
                self._ring()
            else:
                self._pending = self._loop.call_later(wait_s, self._ring)

    def _ring(self) -> None:
        self._pending = None
        if self._loop is not None:
            self._last_ring = self._loop.time()
        self.tick = self._newest
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()
