"""The client's address, and whether it uses https.

Behind a proxy only the proxy knows either, and says so in `X-Real-IP` and `X-Forwarded-Proto`. Both headers are trusted
from peers on this machine or in a private network, as the `frontend` container is, and from nobody else. Lying in a
private network gains little: the address decides only how fast wrong tokens may be tried, is counted together with the
peer's own, and a limit over all addresses stays; the scheme decides only about the liar's own cookie.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from starlette.datastructures import Headers
from starlette.types import Scope


def client_key(scope: Scope) -> str:
    """Return the key that wrong tokens are counted by. An IPv6 client is counted by its /64 network."""
    peer = _peer(scope)
    named = _address(Headers(scope=scope).get("x-real-ip", "")) if _is_near(peer) else None
    return f"{_network(peer)} {_network(named)}"


def is_https(scope: Scope) -> bool:
    """Check whether the client connects by https, to us or to a trusted proxy."""
    if scope["scheme"] in ("https", "wss"):
        return True
    return _is_near(_peer(scope)) and Headers(scope=scope).get("x-forwarded-proto", "").lower() == "https"


def own_address(scope: Scope) -> str | None:
    """Return the address of this machine that the connection was made to."""
    server = scope.get("server")
    address = _address(server[0]) if server else None
    return str(address) if address is not None else None


def _peer(scope: Scope) -> IPv4Address | IPv6Address | None:
    client = scope.get("client")
    return _address(client[0]) if client else None


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_near(address: IPv4Address | IPv6Address | None) -> bool:
    return address is not None and (address.is_loopback or address.is_private)


def _network(address: IPv4Address | IPv6Address | None) -> str:
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), 64), strict=False))
    return str(address)
