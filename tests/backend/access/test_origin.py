import http.client
import json

import pytest

from tests.harness.backend import Backend
from tests.harness.waiting import DEADLINE_S


def ask(backend: Backend, method: str, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
    connection = http.client.HTTPConnection(backend.url.removeprefix("http://"), timeout=DEADLINE_S)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
    finally:
        connection.close()


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8642", "127.0.0.1.evil.example", "", "[", "localhost.evil"]
)
@pytest.mark.parametrize("path", ["/api/health", "/"])
def test_a_name_that_is_not_ours_is_refused(shared: Backend, host: str, path: str) -> None:
    status, body = ask(shared, "GET", path, {"Host": host})
    assert (status, body["code"]) == (403, "unknown_host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:80", "[::1]:8642"])
def test_our_own_names_are_taken(shared: Backend, host: str) -> None:
    assert ask(shared, "GET", "/api/health", {"Host": host})[0] == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", "http://127.0.0.1", ""])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/runs"),
        ("DELETE", "/api/runs/x"),
        ("POST", "/api/runs/x/stop"),
        ("POST", "/api/runs/x/resume"),
        ("POST", "/api/datasets"),
        ("POST", "/api/agents/claim"),
    ],
)
def test_a_foreign_page_changes_nothing(shared: Backend, method: str, path: str, origin: str) -> None:
    status, body = ask(shared, method, path, {"Origin": origin})
    assert (status, body["code"]) == (403, "foreign_origin")


def test_a_foreign_page_is_not_told_anything_by_cors(shared: Backend) -> None:
    answer = shared.http.get("/api/health", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_our_own_page_may(shared: Backend) -> None:
    headers = {"Origin": shared.url}
    assert ask(shared, "DELETE", "/api/runs/none", headers)[0] == 404
    host = f"localhost:{shared.url.rpartition(':')[2]}"
    assert ask(shared, "DELETE", "/api/runs/none", {"Host": host, "Origin": f"http://{host}"})[0] == 404
