import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from loradeck.demo_clips import cut_clips
from tests.e2e.deck import Deck, deck


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's data set: real clips with captions."""
    return cut_clips(tmp_path_factory.mktemp("clips"))


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
