"""The whole way, trainer to browser, as a person goes it: real Chromium, real training, real kills."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.harness.loradeck_up import Deck, check_run_folder


def shown_step(page: Page) -> int:
    return int(re.sub(r"\D", "", page.get_by_test_id("run-step").get_attribute("data-step") or "0"))


def wait_for_step(page: Page, step: int) -> None:
    page.wait_for_function(
        "step => Number(document.querySelector('[data-testid=run-step]')?.dataset.step ?? 0) >= step",
        arg=step,
    )


def expect_state(page: Page, state: str) -> None:
    expect(page.get_by_test_id("run-state").first).to_have_attribute("data-state", state)


def points(page: Page) -> tuple[int, int]:
    """How many points the loss chart holds, and the last one's step, read at one moment."""
    held, last = page.get_by_test_id("chart-train/loss").evaluate("({dataset}) => [dataset.points, dataset.lastStep]")
    return int(held), int(last)


def test_a_run_from_the_form_to_its_resumed_end(loradeck: Deck, clips: Path, page: Page) -> None:
    loradeck.post("/api/datasets", {"name": "real clips", "base_path": str(clips)})

    page.goto(loradeck.url)
    page.get_by_role("link", name="New run").first.click()
    page.get_by_label("Name", exact=True).fill("from the form")
    page.get_by_role("button", name="Start", exact=True).click()

    page.wait_for_url(re.compile(r"/run/\?id="))
    run_id = page.url.split("id=")[1]
    expect_state(page, "running")
    wait_for_step(page, 10)

    page.reload()
    wait_for_step(page, shown_step(page) + 5)
    page.wait_for_function("document.querySelector('[data-testid=\"chart-train/loss\"]')?.dataset.lastStep >= 15")
    held, last = points(page)
    assert held == last, "a point is missing after the reload"

    page.get_by_role("button", name="Stop", exact=True).click()
    expect_state(page, "stopping")
    expect_state(page, "stopped")
    stopped_at = loradeck.run(run_id)["step"]
    expect(page.get_by_test_id("checkpoint").first).to_contain_text(str(stopped_at))
    with page.expect_download() as download:
        page.get_by_test_id("checkpoint").first.get_by_role("link", name=re.compile("Download")).click()
    assert Path(download.value.path()).stat().st_size > 10_000

    page.get_by_role("button", name="Resume", exact=True).click()
    expect_state(page, "running")
    wait_for_step(page, stopped_at + 5)
    served = loradeck.steps_served(run_id)
    assert served == list(range(1, len(served) + 1))
    page.get_by_role("button", name="Stop", exact=True).click()
    expect_state(page, "stopped")
    held, last = points(page)
    assert held == last == loradeck.run(run_id)["step"] > stopped_at
    check_run_folder(loradeck.logs_dir / run_id, "--ended", "stopped")


def test_a_mistake_in_the_form_is_said_at_its_field(loradeck: Deck, clips: Path, page: Page) -> None:
    loradeck.post("/api/datasets", {"name": "real clips", "base_path": str(clips)})
    page.goto(f"{loradeck.url}/new/")
    page.get_by_label("Height", exact=True).fill("100")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_test_id("field-error")).to_contain_text("Use 96 or 128")
    assert loradeck.get("/api/runs") == []


def test_the_first_sight_teaches(loradeck: Deck, page: Page) -> None:
    page.goto(loradeck.url)
    expect(page.get_by_text("make demo")).to_be_visible()
