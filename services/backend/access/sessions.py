"""What a browser keeps instead of the token: the end of its session, signed with a key made from the token.

So there is nothing to store, another token ends every session, and who steals a cookie does not have the token. The
price: signing out makes one browser forget its cookie; a copy of it stays good until its end, or another token.
"""

import hashlib
import hmac
import time

LASTS_S = 30 * 24 * 3600
RENEWED_AFTER_S = 24 * 3600
"""A session that is used goes on: its cookie is renewed once a day."""


class Sessions:
    """Makes and checks cookies' values."""

    def __init__(self, token: str) -> None:
        self._key = hmac.digest(token.encode(), b"loradeck session", "sha256")
        # A browser has one set of cookies for all ports of a host, so two Loradecks there must not share a name.
        self.name = f"loradeck_{self._sign(b'name')[:8]}"

    def new(self, now: float | None = None) -> str:
        end = str(int((time.time() if now is None else now) + LASTS_S))
        return f"{end}.{self._sign(end.encode())}"

    def left_s(self, value: str) -> float:
        """The seconds for which a value is good; none are left of one that is expired or not ours."""
        end, _, signature = value.partition(".")
        if not hmac.compare_digest(self._sign(end.encode()).encode(), signature.encode()):
            return 0.0
        return int(end) - time.time()

    def _sign(self, what: bytes) -> str:
        return hmac.new(self._key, what, hashlib.sha256).hexdigest()
