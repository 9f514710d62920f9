from collections.abc import Iterator
from pathlib import Path

import pytest

from services.backend.database.db import Database
from tests.harness.backend import Backend, served, shrink


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Schemathesis names its items by operation, but with pytest 9.2 all of one test have the same id, and xdist runs
    the first of those alone."""
    for item in items:
        if item.parent is not None and item.name not in item.nodeid:
            item._id = item.parent.id.child(item.name)
