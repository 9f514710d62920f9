"""The origin check: accepts only pages of this origin and programs that address this server by one of its names.

A page of another site can make a browser send requests here. Browsers then name the site in `Origin`. A site may also
point its own name at this machine, which shows in `Host`, so only configured names are accepted. If the server listens
on all addresses, the address that a connection was made to is accepted, too: nobody can point it elsewhere.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from services.backend.access.client_address import own_address
from services.backend.errors import Forbidden, error_response

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
WILDCARDS = frozenset({"0.0.0.0", "::"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class OriginCheck:
    """Refuses an unknown `Host`, and a foreign `Origin` of unsafe requests and of the live socket."""

    def __init__(self, app: ASGIApp, host: str, public_hosts: tuple[str, ...] = ()) -> None:
        self._app = app
        self._hosts = (LOOPBACK | {host.lower()} | set(public_hosts)) - WILDCARDS
        self._any_address = host in WILDCARDS

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
        if not self._is_ours(_name(f"//{host}"), scope):
            hint = "Use 127.0.0.1 or localhost through an SSH tunnel, or add the name to LORADECK_PUBLIC_HOSTS."
            return Forbidden("unknown_host", f"This server does not go by the name {host[:100]!r}.", hint)
        if is_unsafe(scope) and origin is not None and origin.partition("://")[2].lower() != host.lower():
            hint = "Open Loradeck's own page."
            return Forbidden("foreign_origin", f"A page of {origin[:100]!r} may not do this.", hint)
        return None

    def _is_ours(self, name: str | None, scope: Scope) -> bool:
        return name in self._hosts or (self._any_address and name is not None and name == own_address(scope))


def is_unsafe(scope: Scope) -> bool:
    """Check whether this request may change something or opens a socket; browsers send an `Origin` with these."""
    return scope["type"] == "websocket" or scope["method"] not in _SAFE


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
