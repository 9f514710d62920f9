"""The rate limit on wrong tokens: a few a minute from one address, and a bounded number from all together."""

import asyncio
import math
import time
from collections import OrderedDict

from services.backend.errors import TooManyTries

BURST, PER_MINUTE = 5, 5
"""Wrong tokens from one address: how many at once, and then how many a minute."""
ALL_BURST, ALL_PER_MINUTE = 100, 600
"""Wrong tokens from all addresses."""
WAIT_S = 2.0
"""How long a try waits for its turn while all addresses together try too fast; later ones are refused."""
MAX_CLIENTS = 4096
"""Addresses that are kept of either kind, the ones seen last."""


class Bucket:
    """A token bucket: holds `size` tries and regains one every `60 / per_minute` seconds."""

    def __init__(self, size: int, per_minute: float, now: float) -> None:
        self._size, self._per_s, self._left, self._at = size, per_minute / 60, float(size), now

    def take(self, now: float, wait_s: float = 0.0) -> float:
        """Take a try, or one that is regained within `wait_s`. Returns the seconds until it is there; if they are more
        than `wait_s`, none was taken."""
        self._left = min(self._size, self._left + (now - self._at) * self._per_s)
        self._at = now
        missing_s = max(0.0, (1 - self._left) / self._per_s)
        if missing_s <= wait_s:
            self._left -= 1
        return missing_s

    def give_back(self) -> None:
        self._left += 1


class RateLimit:
    """The tries of all clients. For one event loop."""

    def __init__(self) -> None:
        self._all = Bucket(ALL_BURST, ALL_PER_MINUTE, time.monotonic())
        self._by_client: OrderedDict[str, Bucket] = OrderedDict()
        self._trusted: OrderedDict[str, None] = OrderedDict()
        """Clients that had the right token: the limit over all addresses does not hold for them."""

    async def count_try(self, client: str) -> None:
        """Count a try before its token is checked, so that concurrent tries are counted, too.

        Raises: TooManyTries.
        """
        now = time.monotonic()
        bucket = self._by_client.get(client)
        if bucket is None:
            bucket = self._by_client[client] = Bucket(BURST, PER_MINUTE, now)
        _touch(self._by_client, client)
        missing_s = bucket.take(now)
        if missing_s > 0:
            raise TooManyTries("Too many wrong tokens have come from here.", math.ceil(missing_s))
        if client in self._trusted:
            return
        turn_s = self._all.take(now, WAIT_S)
        if turn_s > WAIT_S:
            bucket.give_back()
            raise TooManyTries("Too many wrong tokens are coming from all sides.", math.ceil(turn_s))
        if turn_s > 0:
            await asyncio.sleep(turn_s)

    def give_back_try(self, client: str) -> None:
        """Take back what `count_try` counted: the token was right."""
        if client not in self._trusted:
            self._all.give_back()
        if bucket := self._by_client.get(client):
            bucket.give_back()
        self._trusted[client] = None
        _touch(self._trusted, client)


def _touch(known: "OrderedDict[str, Bucket] | OrderedDict[str, None]", client: str) -> None:
    known.move_to_end(client)
    if len(known) > MAX_CLIENTS:
        known.popitem(last=False)
