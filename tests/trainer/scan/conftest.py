from pathlib import Path

import pytest

from loradeck.demo_clips import cut_clips


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Sixteen real clips, without a cut in any."""
    return sorted(cut_clips(tmp_path_factory.mktemp("clips")).glob("*.mp4"))
