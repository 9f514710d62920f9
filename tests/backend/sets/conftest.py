"""The data set that most tests over REST are about."""

from pathlib import Path

import pytest

from tests.backend.sets.over_rest import Set
from tests.backend.support import Backend


@pytest.fixture
def clips(backend: Backend, tmp_path: Path) -> Set:
    names = [*(f"birds/{number}.mp4" for number in range(4)), *(f"{number}.jpg" for number in range(4))]
    return Set(backend, tmp_path / "clips", [(name, f"this is {name}") for name in names])
