"""A Loradeck with a token, in a browser: signed in once, and out again."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, TimeoutError, expect

from tests.harness.loradeck_up import Deck, deck

TOKEN = "the-token-of-the-browser-s-test"


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Deck]:
    with deck(tmp_path, token=TOKEN) as found:
        yield found


def sign_in(page: Page, token: str) -> None:
    page.get_by_label("Token", exact=True).fill(token)
    page.get_by_role("button", name="Sign in").click()


def expect_live(page: Page) -> None:
    expect(page.get_by_test_id("connection")).to_have_attribute("data-status", "live")


def test_signed_in_once_and_out_again(locked: Deck, page: Page) -> None:
    page.goto(f"{locked.url}/new/?from=a-link")
    form = page.get_by_role("form", name="Sign in")
    expect(form).to_be_visible()
    expect(page.get_by_label("Token", exact=True)).to_be_focused()
    expect(page.get_by_test_id("connection")).to_be_hidden()
    sign_in(page, "not-the-token-at-all-no")
    expect(form.get_by_role("alert")).to_contain_text("This is not the token of this Loradeck.")
    sign_in(page, f"  {TOKEN} ")
    expect(page.get_by_role("heading", name="New run")).to_be_visible()
    assert page.url == f"{locked.url}/new/?from=a-link", "it goes on where it was"
    expect_live(page)

    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["secure"]) == (True, "Strict", False)
    assert TOKEN not in str(page.context.storage_state())

    page.reload()
    expect_live(page)
    expect(form).to_be_hidden()
    page.get_by_label("Name", exact=True).fill("half a thought")

    page.context.clear_cookies()
    expect(form).to_be_visible(timeout=15_000)
    with pytest.raises(TimeoutError):  # longer than the longest pause before a reconnection
        page.wait_for_event("websocket", timeout=6_000)
    sign_in(page, TOKEN)
    expect(page.get_by_label("Name", exact=True)).to_have_value("half a thought")
    expect_live(page)

    with page.expect_popup() as popup:
        page.evaluate("() => void window.open('/')")
    other = popup.value
    expect_live(other)
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("form", name="Sign in")).to_be_visible()
    expect(form).to_be_visible(timeout=15_000)
    assert page.context.cookies() == []
    assert page.request.get(f"{locked.url}/api/runs").status == 401


def test_too_many_tries_and_a_backend_that_is_away(locked: Deck, page: Page) -> None:
    page.goto(locked.url)
    for number in range(6):
        with page.expect_response("**/api/session"):
            sign_in(page, f"not-the-token-{number}-at-all")
    alert = page.get_by_role("form", name="Sign in").get_by_role("alert")
    expect(alert).to_contain_text("Too many wrong tokens have come from here.")
    expect(page.get_by_role("button", name=re.compile(r"Wait \d+ s"))).to_be_disabled()
    expect(page.get_by_role("button", name="Sign in")).to_be_enabled(timeout=20_000)
    expect(alert).to_be_hidden()
    page.route("**/api/session", lambda route: route.abort())
    sign_in(page, TOKEN)
    expect(alert).to_contain_text("Loradeck cannot be reached.")


def test_a_script_needs_no_page(locked: Deck) -> None:
    assert locked.get("/api/runs") == []
    assert httpx.get(f"{locked.url}/api/runs").status_code == 401
