"""Sessions: cookies that hold the end of the session, signed with a key derived from the token.

So nothing is stored, another token ends every session, and a stolen cookie does not reveal the token. The price:
signing out makes one browser drop its cookie, while a copy of it stays good until its end or until the token changes.
"""

import hashlib
import hmac
import time

SESSION_S = 30 * 24 * 3600
RENEW_AFTER_S = 24 * 3600
"""The cookie of a session in use is renewed once a day."""


class Sessions:
    """Makes and checks the values of cookies."""

    def __init__(self, token: str) -> None:
        self._key = hmac.digest(token.encode(), b"loradeck session", "sha256")
        # A browser has one set of cookies for all ports of a host, so two Loradecks there must not share a name.
        self.name = f"loradeck_{self._sign(b'name')[:8]}"

    def new(self, now: float | None = None) -> str:
        """Make the value of a new session's cookie. `now` is in Unix seconds."""
        end = str(int((time.time() if now is None else now) + SESSION_S))
        return f"{end}.{self._sign(end.encode())}"

    def left_s(self, value: str) -> float:
        """Return for how many seconds a value is still good; 0 or less if it has expired or is not ours."""
        end, _, signature = value.partition(".")
        if not hmac.compare_digest(self._sign(end.encode()).encode(), signature.encode()):
            return 0.0
        return int(end) - time.time()

    def _sign(self, what: bytes) -> str:
        return hmac.new(self._key, what, hashlib.sha256).hexdigest()
