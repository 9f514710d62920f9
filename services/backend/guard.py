"""Who may ask: pages of this origin and programs on this machine, under a name that we go by.

A page of another site can make a browser send requests here. Browsers then name the site in `Origin`; a site that
points its own name at this machine is known by `Host`.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from services.backend.errors import Forbidden, error_response

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Refuses an unknown `Host`, and a foreign `Origin` where something would change or the live socket be opened."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._hosts = LOOPBACK | {host.lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await error_response(refusal)(scope, receive, send)
        else:
            await WebSocket(scope, receive, send).send_denial_response(error_response(refusal))

    def _refusal(self, scope: Scope) -> Forbidden | None:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if _name(f"//{host}") not in self._hosts:
            hint = "Use 127.0.0.1 or localhost; from elsewhere, come through an SSH tunnel."
            return Forbidden("unknown_host", f"This server does not go by the name {host[:100]!r}.", hint)
        changes = scope["type"] == "websocket" or scope["method"] not in _SAFE
        if changes and origin is not None and origin.partition("://")[2].lower() != host.lower():
            hint = "Open Loradeck's own page."
            return Forbidden("foreign_origin", f"A page of {origin[:100]!r} may not do this.", hint)
        return None


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
