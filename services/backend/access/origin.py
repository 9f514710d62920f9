"""Who may ask: pages of this origin and programs on this machine, under a name that we go by.

A page of another site can make a browser send requests here. Browsers then name the site in `Origin`; a site that
points its own name at this machine is known by `Host`, so only names that this machine was told are its own are taken.
Where it listens on all its addresses, the one that a connection came to is such a name, too: an address in place of a
name can be pointed nowhere else.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from services.backend.access.client_address import reached_at
from services.backend.errors import Forbidden, error_response
from trainer.contract.messages import message

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
WILDCARDS = frozenset({"0.0.0.0", "::"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Refuses an unknown `Host`, and a foreign `Origin` where something would change or the live socket be opened."""

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
            return Forbidden(message("unknown_host", host=repr(host[:100])))
        if changes_something(scope) and origin is not None and origin.partition("://")[2].lower() != host.lower():
            return Forbidden(message("foreign_origin", origin=repr(origin[:100])))
        return None

    def _is_ours(self, name: str | None, scope: Scope) -> bool:
        return name in self._hosts or (self._any_address and name is not None and name == reached_at(scope))


def changes_something(scope: Scope) -> bool:
    """Whether this is a request of the kinds that browsers send an `Origin` with."""
    return scope["type"] == "websocket" or scope["method"] not in _SAFE


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
