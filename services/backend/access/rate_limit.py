"""How fast tokens may be tried: a few a minute from one address, and not many from all together."""

import asyncio
import math
import time
from collections import OrderedDict

from services.backend.errors import TooManyTries
from trainer.contract.messages import message

BURST, PER_MINUTE = 5, 5
"""Wrong tokens from one address: so many at once, and then so many a minute."""
ALL_BURST, ALL_PER_MINUTE = 100, 600
"""Wrong tokens from all addresses."""
WAIT_S = 2.0
"""So long a try waits for its turn where all addresses together try too fast; no more wait than have a turn by then."""
REMEMBERED = 4096
"""Addresses of either kind, those heard of last."""


class Bucket:
    """Holds `size` tries and gets one back every `60 / per_minute` seconds."""

    def __init__(self, size: int, per_minute: float, now: float) -> None:
        self._size, self._per_s, self._left, self._at = size, per_minute / 60, float(size), now

    def take(self, now: float, wait_s: float = 0.0) -> float:
        """Take one, which may be one that comes within `wait_s`. Returns: the seconds until it is there; more than
        `wait_s` where none was taken."""
        self._left = min(self._size, self._left + (now - self._at) * self._per_s)
        self._at = now
        missing_s = max(0.0, (1 - self._left) / self._per_s)
        if missing_s <= wait_s:
            self._left -= 1
        return missing_s

    def give_back(self) -> None:
        self._left += 1


class Tries:
    """The tries of everybody. For one event loop."""

    def __init__(self) -> None:
        self._all = Bucket(ALL_BURST, ALL_PER_MINUTE, time.monotonic())
        self._by_client: OrderedDict[str, Bucket] = OrderedDict()
        self._known: OrderedDict[str, None] = OrderedDict()
        """Clients that had the right token: they need not wait because of others."""

    async def begin(self, client: str) -> None:
        """Count a try before the token is looked at, so that tries side by side are counted, too.

        Raises: TooManyTries.
        """
        now = time.monotonic()
        bucket = self._by_client.get(client)
        if bucket is None:
            bucket = self._by_client[client] = Bucket(BURST, PER_MINUTE, now)
        _touch(self._by_client, client)
        missing_s = bucket.take(now)
        if missing_s > 0:
            seconds = math.ceil(missing_s)
            raise TooManyTries(message("too_many_tries", seconds=seconds), seconds)
        if client in self._known:
            return
        turn_s = self._all.take(now, WAIT_S)
        if turn_s > WAIT_S:
            bucket.give_back()
            seconds = math.ceil(turn_s)
            raise TooManyTries(message("too_many_tries.all", seconds=seconds), seconds)
        if turn_s > 0:
            await asyncio.sleep(turn_s)

    def was_right(self, client: str) -> None:
        """The try that `begin` counted was none."""
        if client not in self._known:
            self._all.give_back()
        if bucket := self._by_client.get(client):
            bucket.give_back()
        self._known[client] = None
        _touch(self._known, client)


def _touch(known: "OrderedDict[str, Bucket] | OrderedDict[str, None]", client: str) -> None:
    known.move_to_end(client)
    if len(known) > REMEMBERED:
        known.popitem(last=False)
