import csv
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from loradeck.demo_clips import cut_clips
from tests.harness.loradeck_up import Deck, deck
from tests.harness.waiting import DEADLINE_S

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's data set: real clips with captions."""
    return cut_clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture
def source(clips: Path, tmp_path: Path) -> Path:
    """The demo's clips as the first user lists them: one is damaged, one is missing, one has no caption."""
    folder = tmp_path / "source"
    shutil.copytree(clips, folder)
    with open(folder / "metadata.csv", newline="") as file:
        rows = [(row["video"], row["prompt"], "video") for row in csv.DictReader(file)]
    (folder / "metadata.csv").unlink()
    rows[2] = (rows[2][0], "", "video")
    damaged = folder / rows[3][0]
    damaged.write_bytes(damaged.read_bytes()[: damaged.stat().st_size // 2])
    with open(folder / "list.csv", "w", newline="") as file:
        csv.writer(file).writerows([("file_path", "caption", "media_type"), *rows, ("gone.mp4", "gone", "video")])
    return folder


@pytest.fixture
def loradeck(tmp_path: Path) -> Iterator[Deck]:
    with deck(tmp_path) as found:
        yield found


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser that `make test` has seen to."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("LORADECK_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    assert found, "No Chromium was found. Run the tests by `make test`, which sees to one."
    return found


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(DEADLINE_S * 1000)
        expect.set_options(timeout=DEADLINE_S * 1000)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        browser.close()
        assert errors == []
