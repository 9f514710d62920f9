import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.exceptions import HTTPException

from services.backend.ui import Ui


@pytest.fixture
def ui(tmp_path: Path) -> Ui:
    """A small export, as Next.js lays it out."""
    for name, text in {
        "index.html": "<p>runs</p>",
        "run/index.html": "<p>one run</p>" + "x" * 2000,
        "404.html": "<p>no such page</p>",
        "_next/static/chunk-abc.js": "let x = 1;" * 500,
        "icon.svg": "<svg/>",
    }.items():
        path = tmp_path / "ui" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "secret").write_text("secret")
    return Ui(tmp_path / "ui")


def ask(ui: Ui, path: str, method: str = "GET", query: str = "", **headers: str) -> tuple[int, dict[str, str], bytes]:
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.Event().wait()  # the client stays

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(ui(scope, receive, send))
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:])


def test_pages_are_asked_for_again_and_hashed_files_never(ui: Ui) -> None:
    status, headers, body = ask(ui, "/")
    assert (status, body, headers["cache-control"]) == (200, b"<p>runs</p>", "no-cache")
    assert headers["content-type"].startswith("text/html")
    assert ask(ui, "/run/")[2].startswith(b"<p>one run</p>")
    assert ask(ui, "/icon.svg")[1]["cache-control"] == "no-cache"
    assert ask(ui, "/_next/static/chunk-abc.js")[1]["cache-control"] == "public, max-age=31536000, immutable"
    assert ask(ui, "/_next/static/gone.js")[1]["cache-control"] == "no-cache"


def test_an_unchanged_page_is_not_sent_again(ui: Ui) -> None:
    etag = ask(ui, "/")[1]["etag"]
    assert ask(ui, "/", if_none_match=etag)[0] == 304


def test_text_is_compressed_for_those_who_can(ui: Ui) -> None:
    _, headers, body = ask(ui, "/_next/static/chunk-abc.js", accept_encoding="gzip")
    assert headers["content-encoding"] == "gzip"
    assert len(body) < 500
    assert "content-encoding" not in ask(ui, "/_next/static/chunk-abc.js")[1]


def test_a_page_without_its_slash_is_redirected_with_its_query(ui: Ui) -> None:
    status, headers, _ = ask(ui, "/run", query="id=a")
    assert (status, headers["location"]) == (308, "/run/?id=a")
    assert ask(ui, "//run")[1]["location"] == "/run/", "not another host"


def test_an_unknown_page_gets_the_export_s_own_404(ui: Ui) -> None:
    status, _, body = ask(ui, "/nowhere/")
    assert (status, body) == (404, b"<p>no such page</p>")


@pytest.mark.parametrize("path", ["/../secret", "/run/../../secret", "//etc/passwd", "/%2e%2e/secret"])
def test_nothing_outside_is_served(ui: Ui, path: str) -> None:
    status, _, body = ask(ui, path)
    assert status == 404
    assert b"secret" not in body


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/api/x", 404), ("GET", "/api", 404), ("POST", "/", 405)]
)
def test_the_api_is_not_its_business(ui: Ui, method: str, path: str, status: int) -> None:
    with pytest.raises(HTTPException) as refused:
        ask(ui, path, method)
    assert refused.value.status_code == status


def test_before_the_build_it_says_how_to_build(tmp_path: Path) -> None:
    ui = Ui(tmp_path / "none")
    status, _, body = ask(ui, "/")
    assert status == 503
    assert b"make ui" in body
    assert ask(ui, "/run/")[0] == 404
