"""The data set that most tests over REST are about."""

from pathlib import Path

import pytest

from tests.harness.backend import Backend
from tests.harness.dataset_over_rest import Set


@pytest.fixture
def clips(backend: Backend, tmp_path: Path) -> Set:
    names = [*(f"birds/{number}.mp4" for number in range(4)), *(f"{number}.jpg" for number in range(4))]
    return Set(backend, tmp_path / "clips", [(name, f"this is {name}") for name in names])
