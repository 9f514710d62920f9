"""A data set in the browser: imported, scanned, looked through, mended, split, and trained on."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from loradeck.demo_clips import CLIPS
from tests.harness.ffmpeg import corners, encode, woven
from tests.harness.loradeck_up import Deck, check_run_folder

USABLE = len(CLIPS)


def exported(deck: Deck, form: str = "metadata") -> str:
    answer = deck.http.get(f"{deck.url}/api/datasets/1/export", params={"format": form})
    answer.raise_for_status()
    return answer.text


def prompts(deck: Deck) -> dict[str, str]:
    return {row["video"]: row["prompt"] for row in csv.DictReader(io.StringIO(exported(deck)))}


def import_it(page: Page, deck: Deck, source: Path) -> None:
    page.goto(f"{deck.url}/datasets/")
    page.get_by_label("Folder", exact=True).fill(str(source))
    page.get_by_label("List of clips", exact=True).fill("list.csv")
    page.get_by_label("Name", exact=True).fill("trams")
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_url(re.compile(r"/dataset/\?id=1"))
    expect(page.get_by_role("heading", name="trams")).to_be_visible()


def expect_counts(page: Page, used: int, quarantined: int) -> None:
    expect(page.get_by_test_id("dataset-counts")).to_contain_text(f"{used} used · {quarantined} quarantined")


def rule(page: Page, rule_id: str) -> Locator:
    return page.locator(f"[data-rule={rule_id}]")


def expect_flagged(page: Page, rule_id: str, count: int) -> None:
    expect(rule(page, rule_id).get_by_test_id("flagged")).to_have_text(str(count))


def scan(page: Page) -> None:
    page.get_by_role("button", name="Scan", exact=True).click()
    expect(page.locator("[data-testid=item] img").first).to_be_visible(timeout=120_000)
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)


def items(page: Page) -> Locator:
    return page.locator("[data-testid=item][data-item]")


@pytest.mark.drill
def test_the_whole_path_from_a_list_to_a_run(loradeck: Deck, source: Path, page: Page) -> None:
    page.goto(loradeck.url)
    page.get_by_role("link", name="Data sets").click()
    expect(page.get_by_text("What a list looks like")).to_be_visible()
    import_it(page, loradeck, source)
    before = (source / "list.csv").read_bytes()
    expect_counts(page, USABLE, 0)
    page.get_by_role("button", name="file missing 1").click()
    expect(page.get_by_text("gone.mp4")).to_be_visible()

    scan(page)
    expect_flagged(page, "unreadable", 1)
    expect_flagged(page, "caption_empty", 1)

    rule(page, "unreadable").get_by_role("button").first.click()
    expect(page.get_by_test_id("shown-count")).to_have_text("1 shown")
    page.get_by_role("button", name="Quarantine these 1").click()
    expect_counts(page, USABLE - 1, 1)
    expect(items(page)).to_have_attribute("data-quarantined", "true")
    assert len(prompts(loradeck)) == USABLE - 1

    rule(page, "caption_empty").get_by_role("button").first.click()
    expect(page.get_by_test_id("shown-count")).to_have_text("1 shown")
    items(page).click()
    page.get_by_label("Caption", exact=True).fill("a fat grey rabbit yawns")
    page.get_by_label("Caption", exact=True).press("Control+Enter")
    expect_flagged(page, "caption_empty", 0)
    page.get_by_role("button", name="Close", exact=True).click()

    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_test_id("shown-count")).to_have_text(f"{USABLE} shown")
    items(page).nth(0).click()
    page.get_by_label("Caption", exact=True).fill("a rabbit leaves its burrow")
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_label("Caption", exact=True)).not_to_have_value("a rabbit leaves its burrow")
    assert {"a fat grey rabbit yawns", "a rabbit leaves its burrow"} <= set(prompts(loradeck).values())

    page.get_by_role("button", name="Use in a run").or_(page.get_by_role("link", name="Use in a run")).click()
    page.wait_for_url(re.compile(r"/new/\?dataset=1"))
    expect(page.get_by_label("Data set", exact=True)).to_have_value("1")
    page.get_by_label("Name", exact=True).fill("from a data set")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url(re.compile(r"/run/\?id="))
    run_id = page.url.split("id=")[1]
    loradeck.wait_for_step(run_id, 3)
    page.get_by_role("button", name="Stop", exact=True).click()
    loradeck.wait_for_end(run_id)
    check_run_folder(loradeck.logs_dir / run_id, "--ended", "stopped")
    with open(loradeck.logs_dir / run_id / "dataset.csv", newline="") as file:
        frozen = {row["prompt"] for row in csv.DictReader(file)}
    assert frozen == set(prompts(loradeck).values())
    assert (source / "list.csv").read_bytes() == before


def test_many_captions_change_at_once_and_undo_gives_the_bytes_back(loradeck: Deck, source: Path, page: Page) -> None:
    import_it(page, loradeck, source)
    before = exported(loradeck), exported(loradeck, "manifest")

    page.get_by_role("button", name="Captions").click()
    page.get_by_label("Find", exact=True).fill(r"a (fat) grey")
    page.get_by_label("Replace by", exact=True).fill(r"one \1")
    page.get_by_label("Regular expression").check()
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_test_id("would-change")).to_contain_text("3 captions would change")
    assert exported(loradeck) == before[0]
    page.get_by_role("button", name="Change 3").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert sum("one fat rabbit" in prompt for prompt in prompts(loradeck).values()) == 3

    page.get_by_role("button", name="Captions").click()
    page.get_by_role("button", name="Trigger word").click()
    page.get_by_role("textbox", name="Trigger word").fill("sks")
    page.get_by_role("button", name="Show what would change").click()
    page.get_by_role("button", name=re.compile(r"Change \d+")).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert all("sks" in prompt for prompt in prompts(loradeck).values() if prompt)

    for _ in range(2):
        page.keyboard.press("Control+z")
        expect(page.get_by_test_id("undo")).not_to_have_attribute("aria-busy", "true")
    expect(page.get_by_test_id("undo")).to_be_disabled()
    assert (exported(loradeck), exported(loradeck, "manifest")) == before
    page.keyboard.press("Control+Shift+z")
    expect(page.get_by_test_id("undo")).to_be_enabled()
    assert sum("one fat rabbit" in prompt for prompt in prompts(loradeck).values()) == 3


def test_the_grid_by_keyboard_and_pointer(loradeck: Deck, source: Path, page: Page) -> None:
    import_it(page, loradeck, source)
    scan(page)
    page.get_by_test_id("grid").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("preview")).to_be_visible()
    page.wait_for_function("() => document.querySelector('[data-testid=preview]')?.currentTime > 0")
    page.keyboard.press("q")
    expect_counts(page, USABLE - 1, 1)
    expect(page.locator("#item-1")).to_have_attribute("data-quarantined", "true")
    page.keyboard.press("q")
    expect_counts(page, USABLE, 0)

    page.keyboard.press(" ")
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    expect(page.get_by_text("2 clips selected")).to_be_visible()
    page.keyboard.press("q")
    expect_counts(page, USABLE - 2, 2)
    page.keyboard.press("Control+z")
    expect_counts(page, USABLE, 0)

    page.keyboard.press("Enter")
    panel = page.get_by_test_id("item-panel")
    expect(panel).to_be_visible()
    lost = page.get_by_test_id("crop").get_attribute("data-lost")
    page.get_by_label("Target", exact=True).select_option("480x832")
    expect(page.get_by_test_id("crop")).not_to_have_attribute("data-lost", lost or "")

    items(page).nth(0).hover()
    expect(items(page).nth(0).get_by_test_id("preview")).to_be_visible()
    page.mouse.move(0, 0)
    expect(page.get_by_test_id("preview")).to_have_count(0)


def test_a_threshold_needs_no_new_scan_and_a_split_says_its_counts(loradeck: Deck, source: Path, page: Page) -> None:
    import_it(page, loradeck, source)
    scan(page)
    threshold = page.get_by_label("Threshold: Too few frames")
    threshold.fill("20")
    threshold.press("Enter")
    expect_flagged(page, "too_few_frames", 0)
    threshold.fill("500")
    threshold.press("Enter")
    expect(rule(page, "too_few_frames").get_by_test_id("flagged")).not_to_have_text("0")
    threshold.fill("many")
    expect(threshold).to_have_attribute("aria-invalid", "true")
    threshold.press("Escape")

    page.get_by_role("button", name="Split", exact=True).first.click()
    page.get_by_label("Held out", exact=False).first.fill("25")
    page.get_by_role("button", name="Split", exact=True).last.click()
    expect(page.get_by_test_id("split-counts")).to_contain_text("4 held out")
    page.get_by_label("Split", exact=True).select_option("validation")
    expect(page.get_by_test_id("shown-count")).to_have_text("4 shown")


def test_what_is_converted_for_training_is_counted_and_shown(loradeck: Deck, source: Path, page: Page) -> None:
    with open(source / "list.csv", newline="") as file:
        names = [row["file_path"] for row in csv.DictReader(file)]
    pictures = [np.roll(corners(), 3 * number, 1) for number in range(20)]
    coded = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-x264-params", "tff=1")
    encode(source / names[5], pictures, *woven(), *coded, fps=120)
    import_it(page, loradeck, source)
    converted = page.get_by_role("region", name="Converted for training")
    rates = page.get_by_role("region", name="Frame rates")
    for told in (converted, rates):
        expect(told).to_contain_text("Not known before a scan.")
    scan(page)
    converted.get_by_role("button", name="1 interlaced, deinterlaced").click()
    expect(page.get_by_test_id("shown-count")).to_have_text("1 shown")
    expect(page.get_by_label("Converted", exact=True)).to_have_value("interlaced")
    items(page).click()
    expect(page.get_by_test_id("item-panel").locator("dl")).to_contain_text("Convertedinterlaced")
    converted.get_by_role("button", name="1 interlaced, deinterlaced").click()
    expect(page.get_by_test_id("shown-count")).to_have_text(f"{USABLE} shown")
    rates.get_by_role("button", name="60 fps: 1", exact=True).click()
    expect(page.get_by_test_id("shown-count")).to_have_text("1 shown")
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_test_id("shown-count")).to_have_text(f"{USABLE} shown")
    expect_flagged(page, "interlaced", 1)
    expect_counts(page, USABLE, 0)


def test_a_mistake_in_the_import_is_said_at_its_field(loradeck: Deck, tmp_path: Path, page: Page) -> None:
    page.goto(f"{loradeck.url}/datasets/")
    page.get_by_label("Folder", exact=True).fill(str(tmp_path / "nowhere"))
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_test_id("field-error")).to_contain_text("There is no folder")
    assert loradeck.get("/api/datasets") == []
