from typing import Any

import pytest

from services.backend.access.client_address import client_key, is_https, own_address


def scope(peer: str | None, scheme: str = "http", **headers: str) -> dict[str, Any]:
    return {
        "type": "http",
        "scheme": scheme,
        "client": (peer, 1234) if peer else None,
        "server": ("::ffff:10.0.0.1", 8642),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }


@pytest.mark.parametrize("proxy", ["127.0.0.1", "::1", "172.18.0.3", "10.1.2.3", "::ffff:192.168.0.9", "fd00::1"])
def test_a_proxy_nearby_is_believed(proxy: str) -> None:
    first, other = (client_key(scope(proxy, x_real_ip=ip)) for ip in ("203.0.113.1", "203.0.113.2"))
    assert first != other
    assert is_https(scope(proxy, x_forwarded_proto="https"))
    assert not is_https(scope(proxy, x_forwarded_proto="http"))


@pytest.mark.parametrize("peer", ["8.8.8.8", "2a00:1450::1", None, "testclient"])
def test_nobody_else_is(peer: str | None) -> None:
    assert client_key(scope(peer, x_real_ip="9.9.9.9")) == client_key(scope(peer))
    assert not is_https(scope(peer, x_forwarded_proto="https"))
    assert is_https(scope(peer, scheme="wss"))


def test_a_lie_does_not_count_against_whom_it_names() -> None:
    assert client_key(scope("10.0.0.5", x_real_ip="127.0.0.1")) != client_key(scope("127.0.0.1"))


def test_what_is_no_address_names_nobody() -> None:
    assert client_key(scope("127.0.0.1", x_real_ip="no address")) == client_key(scope("127.0.0.1"))


def test_a_network_of_64_bits_is_one_client() -> None:
    keys = [client_key(scope("2a00:1450:1:2::1")), client_key(scope("2a00:1450:1:2:ffff::9"))]
    assert keys[0] == keys[1] != client_key(scope("2a00:1450:1:3::1"))


def test_an_address_is_told_in_its_own_form() -> None:
    assert own_address(scope("127.0.0.1")) == "10.0.0.1"
    assert own_address({"server": None}) is None
    assert own_address({"server": ("/a/socket", None)}) is None
