"""The stack of a host without a GPU, reached through nginx alone: a run from its start to its end, and every door."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.compose.stack import Stack
from tests.e2e.test_faults import small
from tests.harness.waiting import DEADLINE_S

DATA = Path("/data")


def test_a_run_is_started_by_rest_and_watched_over_a_socket_to_its_end(stack: Stack) -> None:
    seen: list[int] = []
    state = ""
    with stack.live() as everything:
        assert json.loads(everything.recv(20))["type"] == "hello"
        config = small(DATA, max_steps=40, save_steps=20, eval_steps=20, sample_steps=40)
        run_id = stack.start_run(**config)
        with stack.live(f"run={run_id}") as one:
            deadline = time.monotonic() + DEADLINE_S
            while state != "succeeded" and time.monotonic() < deadline:
                frame = json.loads(one.recv(240))
                if frame["type"] == "hello":
                    continue
                seen += [step for batch in frame["steps"] if batch["kind"] == "step" for step in batch["step"]]
                state = next((run["state"] for run in frame["runs"] if run["id"] == run_id), state)
                assert state not in {"failed", "lost"}, stack.run(run_id)["message"]
        while run_id not in {run["id"] for run in json.loads(everything.recv(20))["runs"]}:
            pass
    assert seen == list(range(1, 41))
    assert stack.steps_served(run_id) == seen
    (sample, *_) = stack.get(f"/api/runs/{run_id}/samples")
    part = stack.http.get(f"/api/runs/{run_id}/files/{sample['path']}", headers={"Range": "bytes=0-99"})
    assert (part.status_code, len(part.content)) == (206, 100)
    lines = stack.http.get(f"/api/runs/{run_id}/export", params={"format": "csv"}).text.splitlines()
    assert len(lines) > 40
    assert stack.http.get(f"/api/runs/{run_id}/export", params={"format": "parquet"}).content[:4] == b"PAR1"
    owner = stack.inside("trainer", "stat", "--format", "%u", f"/training_logs/{run_id}/checkpoints").strip()
    assert owner == "10001"


def test_nothing_listens_but_the_one_port_on_loopback(stack: Stack) -> None:
    published = {name: stack.container(name)["NetworkSettings"]["Ports"] for name in ("backend", "frontend", "trainer")}
    bindings = [binding for ports in published.values() for found in ports.values() for binding in found or []]
    assert bindings == [{"HostIp": "127.0.0.1", "HostPort": str(stack.port)}]


def test_roots_are_read_only_and_no_container_has_a_capability(stack: Stack) -> None:
    for name in ("backend", "frontend", "trainer"):
        said = stack.inside(
            name, "sh", "-c", "grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/1/status; touch /x 2>&1 || true"
        )
        assert "CapEff:\t0000000000000000" in said
        assert "CapBnd:\t0000000000000000" in said
        assert "NoNewPrivs:\t1" in said
        assert "Read-only file system" in said


def test_an_agent_is_online(stack: Stack) -> None:
    (agent,) = stack.get("/api/health")["agents"]
    assert (agent["host"], agent["online"], agent["gpus"]) == ("trainer", True, [])


def test_the_token_is_told_where_it_is_looked_for(stack: Stack) -> None:
    assert "docker compose exec backend cat /token/token" in stack.compose("logs", "backend")
    assert len(stack.token) >= 40
    assert stack.token not in stack.compose("logs")


def test_pages_are_served_as_the_backend_serves_them(stack: Stack) -> None:
    page = stack.http.get("/run/", headers={"Accept-Encoding": "gzip"})
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["content-encoding"] == "gzip"
    assert page.headers["content-security-policy"] == "frame-ancestors 'none'"
    assert page.headers["x-content-type-options"] == "nosniff"
    moved = stack.http.get("/run?id=a%26b")
    assert (moved.status_code, moved.headers["location"]) == (308, "/run/?id=a%26b")
    hashed = page.text.partition('src="/_next/static/')[2].partition('"')[0]
    script = stack.http.get(f"/_next/static/{hashed}")
    assert (script.status_code, script.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    for path in ("/nowhere", "/nowhere/", "/_next/static/gone.js"):
        gone = stack.http.get(path)
        assert (gone.status_code, gone.headers["cache-control"]) == (404, "no-cache")
        assert "<html" in gone.text
    assert stack.http.get("/api/nowhere").json()["code"]
    assert "nginx/" not in page.headers["server"]


@pytest.fixture
def stranger(stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.http.base_url, timeout=DEADLINE_S) as client:
        yield client


def test_without_a_token_only_the_page_and_a_sign_of_life_are_given(stack: Stack, stranger: httpx.Client) -> None:
    assert stranger.get("/").status_code == 200
    assert stranger.get("/api/alive").json() == {"status": "ok"}
    for path in ("/api/runs", "/api/health", "/api/openapi.json", "/api/presets"):
        refused = stranger.get(path)
        assert (refused.status_code, refused.json()["code"]) == (401, "token_required")
    assert stranger.post("/api/runs", json={}).status_code == 401
    assert stranger.post("/api/agents/claim", json={}).status_code == 401
    with pytest.raises(InvalidStatus) as refusal, stack.live(with_token=False):
        pass
    assert refusal.value.response.status_code == 401


def test_a_browser_shows_the_token_once_and_has_a_cookie_from_then_on(stack: Stack, stranger: httpx.Client) -> None:
    origin = {"Origin": str(stack.http.base_url).rstrip("/")}
    assert stranger.post("/api/session", json={"token": stack.token}, headers=origin).is_success
    assert stranger.get("/api/runs").is_success
    (cookie,) = stranger.cookies.jar
    assert cookie.has_nonstandard_attr("HttpOnly")
    # What another site makes this browser send is refused; so is a page of it that opens a socket.
    crossed = stranger.post("/api/runs", json={}, headers={"Origin": "https://elsewhere.example"})
    assert (crossed.status_code, crossed.json()["code"]) == (403, "foreign_origin")
    assert stranger.post("/api/runs", json={}).json()["code"] == "no_origin"
    with pytest.raises(InvalidStatus) as refusal, stack.live(origin="https://elsewhere.example"):
        pass
    assert refusal.value.response.status_code == 403


def test_another_name_is_refused(stack: Stack) -> None:
    answer = stack.http.get("/api/runs", headers={"Host": "rebound.example"})
    assert (answer.status_code, answer.json()["code"]) == (403, "unknown_host")


@pytest.mark.parametrize(
    "path",
    [
        "/../etc/passwd",
        "/_next/..%2f..%2f..%2f..%2fetc/passwd",
        "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/api/runs/x/files/..%2f..%2f..%2ftoken/token",
        "/api/runs/..%2f..%2ftoken/files/samples/../token",
        "/api/../token/token",
    ],
)
def test_no_path_leads_out(stack: Stack, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{stack.port}\r\nAuthorization: Bearer {stack.token}\r\n"
    with socket.create_connection(("127.0.0.1", stack.port), timeout=DEADLINE_S) as raw:
        raw.sendall(f"{request}Connection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert int(answer.split()[1]) in (400, 404)
    assert b"root:" not in answer
    assert stack.token.encode() not in answer


def test_a_body_that_is_too_large_is_refused(stack: Stack) -> None:
    assert stack.http.post("/api/runs", content=b" " * 1_100_000).status_code == 413


def test_wrong_tokens_are_slowed_down(stack: Stack, stranger: httpx.Client) -> None:
    """The last of this file, for it leaves this machine's address counted."""
    wrong = {"Authorization": f"Bearer {'x' * 43}"}
    assert stranger.get("/api/runs", headers=wrong).json()["code"] == "wrong_token"
    codes = [stranger.get("/api/runs", headers=wrong).status_code for _ in range(30)]
    assert 429 in codes
    assert set(codes) <= {401, 429}
