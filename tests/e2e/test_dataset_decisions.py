"""What people decide on a data set in the browser: a target size, a quarantine taken elsewhere, when to scan."""

import csv
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.test_datasets import (
    USABLE,
    expect_counts,
    expect_flagged,
    exported,
    import_it,
    items,
    rule,
    scan,
)
from tests.harness.loradeck_up import Deck
from trainer.contract.tasks import TASKS, TaskDir


def test_a_target_of_ones_own_changes_what_is_cropped(loradeck: Deck, source: Path, page: Page) -> None:
    import_it(page, loradeck, source)
    scan(page)
    rows = loradeck.get("/api/datasets/1/items", limit=100)["items"]
    shapes = [row["width"] / row["height"] for row in rows if row["width"] and "unreadable" not in row["flags"]]

    def cropped(height: int, width: int) -> int:
        """How many lose more than a tenth: by the quotient of the aspect ratios."""
        wanted = width / height
        return sum(1 - min(shape, wanted) / max(shape, wanted) > 0.1 for shape in shapes)

    usual, own = cropped(704, 1280), cropped(144, 176)
    assert 0 < usual != own > 0
    expect_flagged(page, "cropped", usual)
    page.get_by_label("Target", exact=True).select_option(label="other")
    size = page.get_by_label("Target, height x width")
    size.fill("144x")
    size.press("Enter")
    expect(size).to_have_attribute("aria-invalid", "true")
    size.fill("144x176")
    size.press("Enter")
    expect_flagged(page, "cropped", own)
    rule(page, "cropped").get_by_role("button").first.click()
    expect(page.get_by_test_id("shown-count")).to_have_text(f"{own} shown")

    page.reload()
    expect(size).to_have_value("144x176")
    expect_flagged(page, "cropped", own)
    page.get_by_label("Target", exact=True).select_option("704x1280")
    expect_flagged(page, "cropped", usual)

    changed = loradeck.http.put(f"{loradeck.url}/api/datasets/1/rules", json={"target": {"height": 144, "width": 176}})
    assert changed.is_success, changed.text
    page.get_by_label("Rule: Blurred").click()
    expect(size).to_have_value("144x176")


def test_a_quarantine_list_goes_out_and_comes_back(loradeck: Deck, source: Path, page: Page, tmp_path: Path) -> None:
    import_it(page, loradeck, source)
    rule(page, "caption_empty").get_by_role("button").first.click()
    page.get_by_role("button", name="Quarantine these 1").click()
    expect_counts(page, USABLE - 1, 1)
    page.get_by_role("button", name="Show all").click()
    expect(items(page)).to_have_count(USABLE)
    select(page, 2)
    page.get_by_role("button", name="Quarantine", exact=True).click()
    expect_counts(page, USABLE - 3, 3)

    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=re.compile("^quarantine.csv")).click()
    kept = tmp_path / "quarantine.csv"
    download.value.save_as(kept)
    assert kept.read_text() == exported(loradeck, "quarantine")
    assert Counter(row["reason"] for row in csv.DictReader(kept.read_text().splitlines())) == {
        "No caption": 1,
        "by hand": 2,
    }

    page.get_by_label("State", exact=True).select_option("quarantined")
    expect(items(page)).to_have_count(3)
    select(page, 3)
    page.get_by_role("button", name="Use again", exact=True).click()
    expect_counts(page, USABLE, 0)

    def bring(file: Path) -> None:
        page.get_by_role("button", name="Export").click()
        with page.expect_file_chooser() as chooser:
            page.get_by_role("menuitem", name="Import a quarantine.csv").click()
        chooser.value.set_files(file)

    (tmp_path / "more.csv").write_text(f"{kept.read_text()}elsewhere.mp4,lost\n")
    bring(tmp_path / "more.csv")
    expect_counts(page, USABLE - 3, 3)
    expect(page.get_by_text("3 rows quarantined from the list.")).to_be_visible()
    expect(page.get_by_text("1 line of it names no file here, such as elsewhere.mp4.")).to_be_visible()
    assert exported(loradeck, "quarantine") == kept.read_text()
    page.keyboard.press("Control+z")
    expect_counts(page, USABLE, 0)

    (tmp_path / "other.csv").write_text("video\na.mp4\n")
    bring(tmp_path / "other.csv")
    expect(page.get_by_text("The list has no column file.")).to_be_visible()
    expect_counts(page, USABLE, 0)


def select(page: Page, amount: int) -> None:
    """The first ones of the grid."""
    page.get_by_test_id("grid").focus()
    page.keyboard.press("Home")
    for number in range(amount):
        page.keyboard.press(" ")
        expect(page.get_by_text(re.compile(rf"{number + 1} clips? selected"))).to_be_visible()
        page.keyboard.press("ArrowRight")


def test_a_scan_is_stopped_and_goes_on_with_the_rest(loradeck: Deck, clips: Path, page: Page, tmp_path: Path) -> None:
    copies = 60
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(copies):
        for clip in clips.glob("*.mp4"):
            shutil.copy(clip, folder / f"{number:02}-{clip.name}")
    rows = copies * USABLE
    page.goto(f"{loradeck.url}/datasets/")
    page.get_by_label("Folder", exact=True).fill(str(folder))
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_url(re.compile(r"/dataset/\?id=1"))
    expect_counts(page, rows, 0)

    page.get_by_role("button", name="Scan", exact=True).click()
    going = page.get_by_role("region", name="Scan")
    expect(going).to_contain_text("Scan: measuring frames")
    going.get_by_role("button", name="Stop").click()
    rest = page.get_by_role("button", name="Scan the rest")
    expect(rest).to_be_visible(timeout=60_000)
    left = loradeck.get("/api/datasets/1")["unscanned"]
    assert 0 < left < rows
    expect(page.get_by_text(f"{left} rows have not been scanned.")).to_be_visible()
    before = looked_at(loradeck)
    assert len(before) == rows - left

    rest.click()
    expect(going).to_be_visible()
    expect(going).to_have_count(0)
    expect(rest).to_have_count(0)
    assert loradeck.get("/api/datasets/1")["unscanned"] == 0
    after = looked_at(loradeck)
    assert (len(after), set(after.values())) == (rows, {1}), "none was looked at twice"


def looked_at(deck: Deck) -> Counter[str]:
    """How often the frames of each file were looked at, in all scans."""
    facts: list[dict[str, Any]] = []
    for folder in (deck.logs_dir / TASKS).iterdir():
        facts += TaskDir(folder).read()[0]
    return Counter(fact["key"] for fact in facts if fact["type"] == "media" and fact.get("frames_seen"))
