from collections.abc import Iterator
from pathlib import Path

import pytest

from services.backend.db import Database
from tests.backend.support import Backend, served, shrink


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    with served(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """One backend for all tests of a module, for those that leave it as it was."""
    with served(tmp_path_factory.mktemp("shared")) as found:
        yield found


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "loradeck.db")
    yield database
    database.close()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch.setattr)
