"""The check before the start: asked for in the form, done by the agent, listed as it comes."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.harness.loradeck_up import Deck


def test_a_check_from_the_form_and_one_that_waits_for_a_run(loradeck: Deck, clips: Path, page: Page) -> None:
    loradeck.post("/api/datasets", {"name": "real clips", "base_path": str(clips)})
    page.goto(f"{loradeck.url}/new/")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_test_id("check-verdict")).to_have_text("Fit for this run.")
    assert page.locator("[data-testid^=check-][data-standing=ok]").count() == 18
    expect(page.get_by_test_id("check-clip")).to_contain_text("x_BCFHW 1x3x17x96x160")
    verdict = page.get_by_test_id("check-verdict")
    verdict.evaluate("verdict => scrollBy(0, verdict.getBoundingClientRect().top - 300)")
    plan, told = page.get_by_test_id("plan").bounding_box(), verdict.bounding_box()
    assert plan
    assert told
    assert plan["y"] + plan["height"] < told["y"], "the plan stays beside the form"
    page.get_by_label("Epochs").fill("3")
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_text("You changed the form after this check")).to_have_count(0)
    expect(verdict).to_have_text("Fit for this run.")
    run_id = loradeck.start_run(name="busy", dataset_base_path=str(clips), height=96, width=160, num_frames=17)
    loradeck.wait_for_step(run_id, 1)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_text(f"It waits until the run {run_id} has ended")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_test_id("check-verdict")).to_have_text("Stopped.")
