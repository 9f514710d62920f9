"""The page behind nginx in a browser: signed in once, a run's chart moves, and a restarted backend is got over."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.compose.stack import Stack
from tests.e2e.conftest import chromium, page
from tests.e2e.test_faults import small
from tests.e2e.test_sign_in import expect_live, sign_in

__all__ = ["chromium", "page"]


def test_signed_in_once_and_watching_through_a_restart(stack: Stack, page: Page) -> None:
    run_id = stack.start_run(**small(Path("/data")))
    page.goto(f"{stack.http.base_url}/run?id={run_id}")
    sign_in(page, stack.token)
    expect_live(page)
    expect(page).to_have_url(re.compile(rf"/run/\?id={run_id}"))
    stack.wait_for_step(run_id, 5)
    expect(page.get_by_text("fault drill").first).to_be_visible()
    stack.compose("restart", "backend")
    # A page that was dropped asks again after pauses that grow.
    expect(page.get_by_test_id("connection")).to_have_attribute("data-status", "live")
    stack.wait_for_end(run_id)
    expect(page.get_by_text("succeeded").first).to_be_visible()
    assert page.locator("canvas").count() > 0
    (cookie,) = page.context.cookies()
    assert cookie["httpOnly"]
