"""Authentication: once a token is set, /api answers only those who show it, scripts by header and browsers by cookie.

The pages are open to all, since the one that asks for the token must load.
"""

import hashlib
import hmac
from typing import Literal

from pydantic import SecretStr
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from services.backend.access.client_address import client_key, is_https
from services.backend.access.origin import is_unsafe
from services.backend.access.rate_limit import RateLimit
from services.backend.access.sessions import RENEW_AFTER_S, SESSION_S, Sessions
from services.backend.errors import Forbidden, LoradeckError, TooLarge, Unauthorized, error_response

ALIVE, SESSION = "/api/alive", "/api/session"
_OPEN = {(ALIVE, "GET"), (SESSION, "GET"), (SESSION, "POST")}
_MOST_BYTES = 4096
"""The largest body of a request that needs no token."""

_SIGN_IN = "Send it as `Authorization: Bearer TOKEN`, or sign in on Loradeck's page."
_WHERE = "It is in LORADECK_TOKEN, or in the file LORADECK_TOKEN_FILE, where Loradeck runs."


class Access:
    """The one token, the sessions of browsers that have shown it, and the rate limit on wrong ones."""

    def __init__(self, token: SecretStr) -> None:
        self._digest = _digest(token.get_secret_value())
        self._sessions = Sessions(token.get_secret_value())
        self._rate_limit = RateLimit()

    async def check(self, token: str, client: str) -> None:
        """Check a token. Raises: Unauthorized, TooManyTries."""
        await self._rate_limit.count_try(client)
        # Digests are compared, so that the time reveals nothing about the token's length either.
        if not hmac.compare_digest(_digest(token), self._digest):
            raise Unauthorized("wrong_token", "This is not the token of this Loradeck.", _WHERE)
        self._rate_limit.give_back_try(client)

    async def admit(self, connection: HTTPConnection) -> Literal["token", "cookie", "old cookie"]:
        """Check who asks. Returns how they are known. Raises: Unauthorized, TooManyTries, Forbidden."""
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            await self.check(token.strip(), client_key(connection.scope))
            return "token"
        left_s = self.session_left_s(connection)
        if left_s <= 0:
            raise Unauthorized("token_required", "This Loradeck asks for a token.", _SIGN_IN)
        if is_unsafe(connection.scope) and "origin" not in connection.headers:
            hint = "A browser sends it by itself; a script sends `Authorization: Bearer TOKEN` instead of the cookie."
            raise Forbidden("no_origin", "With a cookie alone, a request that changes something needs an Origin.", hint)
        return "cookie" if left_s > SESSION_S - RENEW_AFTER_S else "old cookie"

    def session_left_s(self, connection: HTTPConnection) -> float:
        """Return for how many seconds the connection's cookie is still good; 0 without one."""
        return self._sessions.left_s(connection.cookies.get(self._sessions.name, ""))

    def sign_in(self, headers: MutableHeaders, scope: Scope) -> None:
        """Add a new session to an answer's headers."""
        self._set_cookie(headers, scope, self._sessions.new(), SESSION_S)

    def sign_out(self, headers: MutableHeaders, scope: Scope) -> None:
        """Have the browser drop its session."""
        self._set_cookie(headers, scope, "", 0)

    def _set_cookie(self, headers: MutableHeaders, scope: Scope, value: str, max_age: int) -> None:
        carrier = Response()
        carrier.set_cookie(
            self._sessions.name,
            value,
            max_age=max_age,
            path="/",
            httponly=True,
            samesite="strict",
            secure=is_https(scope),
        )
        headers.append("set-cookie", carrier.headers["set-cookie"])


class AuthMiddleware:
    """Passes requests to `app` once their token or session is checked."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or not _is_api(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            how = "open"
            if (scope["path"], scope.get("method")) in _OPEN:
                _check_size(scope)
            else:
                how = await self._access.admit(HTTPConnection(scope))
        except LoradeckError as error:
            refusal = error_response(error)
            if scope["type"] == "http":
                await refusal(scope, receive, send)
            else:
                await WebSocket(scope, receive, send).send_denial_response(refusal)
            return

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("cache-control", "private")  # else a proxy might keep samples for everybody
                if how == "old cookie" and scope["path"] != SESSION:
                    self._access.sign_in(headers, scope)
            await send(message)

        await self._app(scope, receive, send_on)


def _is_api(path: str) -> bool:
    return path == "/api" or path.startswith("/api/")


def _check_size(scope: Scope) -> None:
    """Check the size of the body. Raises: TooLarge if it is too large or unknown."""
    headers = Headers(scope=scope)
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not length.isdecimal() or int(length) > _MOST_BYTES:
        raise TooLarge("too_large", "The body is too large, or does not say how large it is.", "Send the token alone.")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()
