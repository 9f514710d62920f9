"""A person's first evening, in real Chromium: a list of clips is imported, scanned, looked at and mended, a run of it
is planned, checked and started, and it trains on what was kept."""

import csv
import re
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.test_browser import expect_state, wait_for_step
from tests.harness.loradeck_up import Deck, check_run_folder
from tests.harness.waiting import until

FRAMES = 17
BROKEN = "broken.mp4"


def write_list(clips: Path, folder: Path) -> list[str]:
    """The clips with a list as the first user's, and a file whose tail is gone. The captions."""
    shutil.copytree(clips, folder)
    (folder / "metadata.csv").rename(folder / "clips.txt")
    with open(folder / "clips.txt", newline="") as file:
        rows = [(row["video"], row["prompt"]) for row in csv.DictReader(file)]
    whole = (folder / rows[0][0]).read_bytes()
    (folder / BROKEN).write_bytes(whole[: len(whole) // 2])
    with open(folder / "list.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file_path", "caption", "media_type"))
        writer.writerows((*row, "video") for row in [*rows, (BROKEN, "a clip that was cut off")])
    return [caption for _, caption in rows]


def clip(page: Page, caption: str) -> Locator:
    return page.get_by_test_id("item").filter(has_text=caption)


def edit(page: Page, caption: str, new: str) -> None:
    clip(page, caption).click()
    page.get_by_label("Caption", exact=True).fill(new)
    page.get_by_label("Caption", exact=True).press("Control+Enter")
    expect(clip(page, new)).to_be_visible()


def test_from_a_list_of_clips_to_a_run_of_what_was_kept(
    loradeck: Deck, clips: Path, page: Page, tmp_path: Path
) -> None:
    captions = write_list(clips, tmp_path / "films")
    source = (tmp_path / "films" / "list.csv").read_bytes()

    page.goto(f"{loradeck.url}/datasets/")
    page.get_by_label("Folder", exact=True).fill(str(tmp_path / "films"))
    page.get_by_label("List of clips", exact=True).fill("list.csv")
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_url(re.compile(r"/dataset/\?id="))
    expect(page.get_by_test_id("item")).to_have_count(len(captions) + 1)

    page.get_by_role("button", name="Scan", exact=True).click()
    dataset = loradeck.get("/api/datasets")[0]["id"]

    def rules() -> dict[str, Any]:
        return {rule["id"]: rule for rule in loradeck.get(f"/api/datasets/{dataset}/rules")["rules"]}

    def is_scanned() -> bool:
        return bool(loradeck.get(f"/api/datasets/{dataset}")["scan"]["state"] == "succeeded")

    until(is_scanned, "the scan")
    foreign = page.get_by_text("their tokens are tiny-wan's")
    expect(foreign).to_be_visible()
    page.get_by_label("Tokens of").select_option("tiny-wan")
    expect(foreign).to_have_count(0)
    until(is_scanned, "the captions, by another tokenizer")
    assert rules()["unreadable"]["flagged"] == 1
    expect(clip(page, captions[1]).locator("img")).to_be_visible()

    edit(page, captions[1], "a grey rabbit stands up")
    edit(page, captions[2], "a grey rabbit yawns")
    clip(page, "a clip that was cut off").click()
    page.get_by_role("button", name="Quarantine", exact=True).click()
    expect(page.get_by_test_id("item-state")).to_contain_text("Quarantined")

    page.get_by_role("link", name="Use in a run").click()
    page.get_by_label("Frames", exact=True).fill(str(FRAMES))
    page.get_by_label("Step limit", exact=True).fill("12")
    expect(page.get_by_test_id("plan-steps")).to_have_text("12 steps")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_test_id("check-verdict")).to_contain_text("Fit for this run")
    expect(page.get_by_test_id("check-clip")).to_contain_text("x_BCFHW")

    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url(re.compile(r"/run/\?id="))
    run_id = page.url.split("id=")[1]
    wait_for_step(page, 12)
    expect_state(page, "succeeded")
    check_run_folder(loradeck.logs_dir / run_id, "--ended", "succeeded")

    with open(loradeck.logs_dir / run_id / "dataset.csv", newline="") as file:
        trained = {row["video"]: row["prompt"] for row in csv.DictReader(file)}
    assert BROKEN not in trained
    assert len(trained) == len(captions)
    assert {"a grey rabbit stands up", "a grey rabbit yawns"} < set(trained.values())
    assert (tmp_path / "films" / "list.csv").read_bytes() == source
