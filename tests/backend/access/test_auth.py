"""Every door of a backend with a token, tried over real sockets."""

import re
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from services.backend.access import rate_limit
from services.backend.access.sessions import RENEW_AFTER_S, SESSION_S, Sessions
from services.backend.app import create_app
from tests.harness.backend import Backend, LogFile, served
from tests.harness.waiting import DEADLINE_S

TOKEN = "the-token-of-these-tests"
WRONG = "a-token-that-is-not-theirs"
RUN = "mine"
SAMPLE = f"/api/runs/{RUN}/files/samples/a.txt"


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """A backend with a token and a run. A client's own address is named, so that no test counts against another."""
    with served(tmp_path_factory.mktemp("locked"), token=TOKEN, public_hosts="deck.example, backend") as backend:
        LogFile(backend.folder(RUN)).header().steps(1, 5)
        (backend.folder(RUN) / "samples").mkdir()
        (backend.folder(RUN) / "samples" / "a.txt").write_text("a sample")
        backend.wait_for(RUN, step=5)
        yield backend


def client(backend: Backend, address: str = "203.0.113.1", **headers: str) -> httpx.Client:
    """Somebody without the token, by a proxy on this machine."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Client(base_url=backend.url, headers={"X-Real-IP": address, **named}, timeout=DEADLINE_S)


@pytest.fixture
def stranger(locked: Backend) -> Iterator[httpx.Client]:
    with client(locked) as found:
        yield found


@pytest.fixture
def browser(locked: Backend) -> Iterator[httpx.Client]:
    """Signed in, and sends `Origin` as a page does."""
    with client(locked, Origin=locked.url) as found:
        assert found.post("/api/session", json={"token": TOKEN}).status_code == 200
        yield found


def refusal(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert set(body) == {"code", "message", "hint", "field"}
    return answer.status_code, body["code"]


def test_without_a_token_nothing_of_the_api_answers(locked: Backend, stranger: httpx.Client) -> None:
    document = create_app(locked.settings).openapi()
    asked = {
        (method.upper(), re.sub(r"\{\w+\}", "x", path)) for path, known in document["paths"].items() for method in known
    }
    asked |= {("GET", "/api/openapi.json"), ("GET", "/api/nothing"), ("GET", "/api"), ("GET", "/api/"), ("GET", SAMPLE)}
    asked -= {("GET", "/api/alive"), ("GET", "/api/session"), ("POST", "/api/session")}
    assert len(asked) > 20
    for method, path in asked:
        answer = stranger.request(method, path)
        assert refusal(answer) == (401, "token_required"), (method, path)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/api/runs/", "//api/runs", "/x/../api/runs", "/api/alive/", "/api/session/x", "/API/runs", "/api%2Fruns"]
)
def test_no_spelling_of_a_path_gets_round_it(stranger: httpx.Client, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code in (401, 404)
    assert RUN not in answer.text


def test_what_is_open_tells_nothing(stranger: httpx.Client) -> None:
    assert stranger.get("/api/alive").json() == {"status": "ok"}
    assert stranger.get("/api/session").json() == {"required": True, "signed_in": False}
    page = stranger.get("/")
    assert page.status_code in (200, 503)
    assert TOKEN not in page.text


def test_a_script_sends_the_token(locked: Backend, stranger: httpx.Client) -> None:
    for header in (f"Bearer {TOKEN}", f"bearer  {TOKEN}"):
        assert stranger.get("/api/runs", headers={"Authorization": header}).status_code == 200
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert stranger.get("/api/session", headers=bearer).json()["signed_in"] is False, "it has no session"
    assert stranger.delete("/api/runs/none", headers=bearer).status_code == 404, "and needs no Origin"
    assert stranger.get(SAMPLE, headers=bearer).text == "a sample"


@pytest.mark.parametrize(
    "header", [f"Bearer {WRONG}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer", "Bearer \xe9\xff"]
)
def test_a_wrong_token_is_refused(locked: Backend, header: str) -> None:
    with client(locked, address=f"203.0.113.{100 + len(header)}") as somebody:
        answer = somebody.get("/api/runs", headers={"Authorization": header.encode("latin-1")})
    assert refusal(answer) == (401, "wrong_token")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert TOKEN not in answer.text
    assert WRONG not in answer.text


@pytest.mark.parametrize("header", [f"Basic {TOKEN}", TOKEN, ""])
def test_what_is_no_bearer_is_no_token(stranger: httpx.Client, header: str) -> None:
    assert refusal(stranger.get("/api/runs", headers={"Authorization": header})) == (401, "token_required")


def test_a_browser_shows_it_once_and_goes_on_by_cookie(locked: Backend, browser: httpx.Client) -> None:
    assert browser.get("/api/session").json() == {"required": True, "signed_in": True}
    answer = browser.get("/api/runs")
    assert [run["id"] for run in answer.json()] == [RUN]
    assert answer.headers["cache-control"] == "private"
    assert "set-cookie" not in answer.headers
    assert browser.get(SAMPLE).text == "a sample"
    assert browser.delete("/api/runs/none").status_code == 404
    assert browser.delete("/api/session").status_code == 204
    assert refusal(browser.get("/api/runs")) == (401, "token_required")


def test_what_the_cookie_is_like(locked: Backend) -> None:
    for proto, secure in (("https", True), ("http", False)):
        with client(locked, X_Forwarded_Proto=proto) as somebody:
            answer = somebody.post("/api/session", json={"token": TOKEN})
        name_value, *attributes = answer.headers["set-cookie"].split("; ")
        assert set(attributes) == {"HttpOnly", "SameSite=strict", "Path=/", f"Max-Age={SESSION_S}"} | (
            {"Secure"} if secure else set()
        )
        assert TOKEN not in name_value
        assert TOKEN not in answer.text


def cookie(value: str, sessions: Sessions | None = None) -> dict[str, str]:
    return {"Cookie": f"{(sessions or Sessions(TOKEN)).name}={value}"}


def test_a_cookie_that_is_forged_expired_or_of_another_token_is_none(stranger: httpx.Client) -> None:
    ours, others = Sessions(TOKEN), Sessions(WRONG)
    end, _, signature = ours.new().partition(".")
    forged = [
        cookie(ours.new(time.time() - SESSION_S - 1)),
        cookie(f"{int(end) + 1}.{signature}"),
        cookie(f"{end}.{'0' * 64}"),
        cookie(f"{end}."),
        cookie(TOKEN),
        cookie(""),
        cookie(others.new()),
        cookie(others.new(), others),
    ]
    assert stranger.get("/api/runs", headers=cookie(ours.new())).status_code == 200
    for headers in forged * 3:
        assert refusal(stranger.get("/api/runs", headers=headers)) == (401, "token_required"), "and it is no try"
        assert stranger.get("/api/session", headers=headers).json()["signed_in"] is False


def test_a_session_that_is_used_is_renewed_once_a_day(stranger: httpx.Client) -> None:
    ours = Sessions(TOKEN)
    old = cookie(ours.new(time.time() - RENEW_AFTER_S - 5))
    renewed = stranger.get("/api/runs", headers=old).headers["set-cookie"].partition("=")[2].partition(";")[0]
    assert ours.left_s(renewed) > SESSION_S - 5
    young = cookie(ours.new(time.time() - RENEW_AFTER_S + 60))
    assert "set-cookie" not in stranger.get("/api/runs", headers=young).headers
    left = stranger.delete("/api/session", headers=old | {"Origin": str(stranger.base_url).rstrip("/")})
    assert left.headers.get_list("set-cookie") == [f'{ours.name}=""; HttpOnly; Max-Age=0; Path=/; SameSite=strict']


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", ""])
@pytest.mark.parametrize(("method", "path"), [("POST", "/api/runs"), ("DELETE", f"/api/runs/{RUN}")])
def test_a_cross_site_request_with_the_cookie_changes_nothing(
    locked: Backend, browser: httpx.Client, method: str, path: str, origin: str
) -> None:
    assert refusal(browser.request(method, path, headers={"Origin": origin})) == (403, "foreign_origin")
    del browser.headers["Origin"]
    assert refusal(browser.request(method, path)) == (403, "no_origin")
    assert locked.run(RUN)["step"] == 5


def test_a_cross_site_sign_in_or_out_is_refused(browser: httpx.Client) -> None:
    evil = {"Origin": "https://evil.example"}
    assert refusal(browser.post("/api/session", json={"token": TOKEN}, headers=evil)) == (403, "foreign_origin")
    assert refusal(browser.delete("/api/session", headers=evil)) == (403, "foreign_origin")
    form = {"Origin": "https://evil.example", "Content-Type": "text/plain"}
    assert refusal(browser.post("/api/session", content=f'{{"token": "{TOKEN}"}}', headers=form))[0] == 403


def live(backend: Backend, **headers: str) -> int:
    """The status of a handshake, 101 where frames come."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with backend.live(additional_headers={"X-Real-IP": "203.0.113.2"} | named) as frames:
            assert '"hello"' in str(frames.recv(timeout=DEADLINE_S))
            return 101
    except InvalidStatus as error:
        return error.response.status_code if b'"code"' in error.response.body else 0


def test_the_live_socket_is_a_door_as_well(locked: Backend, caplog: pytest.LogCaptureFixture) -> None:
    session = cookie(Sessions(TOKEN).new())
    assert live(locked) == 401
    assert live(locked, Origin=locked.url) == 401
    assert live(locked, Authorization=f"Bearer {WRONG}") == 401
    assert live(locked, Authorization=f"Bearer {TOKEN}") == 101
    assert live(locked, Origin="https://evil.example", Authorization=f"Bearer {TOKEN}") == 403
    assert live(locked, Origin=locked.url, **session) == 101
    assert live(locked, Origin="https://evil.example", **session) == 403
    assert live(locked, **session) == 403, "a browser says where it comes from"
    assert live(locked, Origin=locked.url, **cookie("1.2")) == 401
    assert not caplog.records, "a refusal is no error of the server's"


@pytest.mark.parametrize(
    "path", ["../config.json", "samples/../config.json", "%2e%2e/%2e%2e/state/loradeck.db", "samples/%2e%2e/1.jsonl"]
)
def test_no_way_out_of_a_run_s_folder(locked: Backend, stranger: httpx.Client, path: str) -> None:
    url = f"{locked.url}/api/runs/{RUN}/files/{path}".replace("../", "%2e%2e%2f")
    assert refusal(stranger.get(url)) == (401, "token_required")
    assert refusal(stranger.get(url, headers=locked.bearer)) == (403, "outside_run")


def test_the_names_it_goes_by(locked: Backend, stranger: httpx.Client) -> None:
    for host in ("deck.example", "DECK.example:443", "backend:8642", "localhost:1", "127.0.0.1"):
        assert stranger.get("/api/alive", headers={"Host": host}).status_code == 200
    for host in ("evil.example", "deck.example.evil.example", "sub.deck.example", "backend.evil", "203.0.113.9"):
        assert refusal(stranger.get("/api/alive", headers={"Host": host})) == (403, "unknown_host")
        assert refusal(stranger.get("/api/runs", headers={"Host": host} | locked.bearer)) == (403, "unknown_host")


def test_a_page_under_a_public_name_works(locked: Backend) -> None:
    page = {"Host": "deck.example", "Origin": "https://deck.example", "X-Forwarded-Proto": "https"}
    with client(locked) as somebody:
        answer = somebody.post("/api/session", json={"token": TOKEN}, headers=page)
        assert "Secure" in answer.headers["set-cookie"]
        session = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
        assert somebody.delete("/api/runs/none", headers=page | session).status_code == 404


def test_wrong_tokens_come_to_an_end(locked: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [time.monotonic()]
    monkeypatch.setattr(rate_limit, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(rate_limit, "PER_MINUTE", 60)
    with client(locked, address="198.51.100.1") as guesser, client(locked, address="198.51.100.2") as other:
        for number in range(5):
            answer = guesser.post("/api/session", json={"token": f"{WRONG}-{number}"})
            assert refusal(answer) == (401, "wrong_token")
        for answer in (
            guesser.post("/api/session", json={"token": TOKEN}),
            guesser.get("/api/runs", headers=locked.bearer),
        ):
            assert refusal(answer) == (429, "too_many_tries")
            assert answer.headers["retry-after"] == "1"
            assert answer.json()["message"] == "Too many wrong tokens have come from here."
            assert answer.json()["hint"] == "Try again in 1 second."
        assert other.get("/api/runs", headers=locked.bearer).status_code == 200
        assert guesser.get("/api/runs", headers=cookie(Sessions(TOKEN).new())).status_code == 200, "no guess at all"
        now[0] += 1
        assert guesser.post("/api/session", json={"token": TOKEN}).status_code == 200
        assert guesser.get("/api/runs").status_code == 200


@pytest.mark.parametrize(
    "header", ["Content-Length: 5000", "Content-Length: 99999999999", "Transfer-Encoding: chunked"]
)
def test_who_has_not_signed_in_sends_little(locked: Backend, header: str) -> None:
    host, _, port = locked.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=DEADLINE_S) as connection:
        connection.sendall(f"POST /api/session HTTP/1.1\r\nHost: {host}\r\n{header}\r\n\r\n".encode())
        answer = b""
        while not answer.endswith(b"}"):
            answer += connection.recv(10_000)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"too_large"' in answer


@pytest.mark.parametrize("body", [{}, {"token": 5}, {"token": None}, [], {"token": TOKEN, "more": 1}])
def test_what_is_no_sign_in(stranger: httpx.Client, body: Any) -> None:
    answer = stranger.post("/api/session", json=body)
    assert answer.status_code == 422
    assert TOKEN not in answer.text


def test_without_a_token_nobody_is_asked(shared: Backend) -> None:
    assert shared.get("/api/alive") == {"status": "ok"}
    assert shared.get("/api/session") == {"required": False, "signed_in": False}
    assert refusal(shared.http.post("/api/session", json={"token": TOKEN})) == (409, "no_token")
    assert shared.http.delete("/api/session").status_code == 204


def test_the_token_is_in_no_file_and_no_words(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with served(tmp_path, token=TOKEN) as backend:
        assert backend.claim() is None
        with client(backend) as somebody:
            somebody.post("/api/session", json={"token": TOKEN})
            somebody.post("/api/session", json={"token": WRONG})
            for path in ("/api/health", "/api/agents", "/api/openapi.json", "/api/runs/x"):
                assert TOKEN not in somebody.get(path).text
        assert TOKEN not in repr(backend.settings) + str(backend.settings)
        with sqlite3.connect(backend.settings.database) as database:
            assert not {TOKEN, WRONG} & set("\n".join(database.iterdump()).split("'"))
        database.close()
        for file in tmp_path.rglob("*"):
            content = file.read_bytes() if file.is_file() else b""
            assert TOKEN.encode() not in content
            assert WRONG.encode() not in content
    out, err = capfd.readouterr()
    assert TOKEN not in out + err + caplog.text
    assert WRONG not in out + err + caplog.text
