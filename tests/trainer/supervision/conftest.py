from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.leftovers import end_processes_of


@pytest.fixture(autouse=True)
def nothing_outlives_a_test(tmp_path: Path) -> Iterator[None]:
    yield
    end_processes_of(tmp_path)
