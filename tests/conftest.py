"""The order of all tests, and which of them are drills: `make drills` runs those whole, `make test` a slice."""

import pytest

LONGEST_FIRST = ("tests/e2e/", "tests/trainer/distributed/", "tests/upgrade/", "tests/trainer/training/")
"""Folders of files that take minutes: begun last, one of them would keep one worker busy and the others waiting."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--drills", action="store_true", help="whole matrices and many kills, in place of a slice")


@pytest.fixture(scope="session")
def drills(pytestconfig: pytest.Config) -> bool:
    """Tell whether a test is to go through all that it can, or through a fixed slice of it."""
    return bool(pytestconfig.getoption("--drills"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "drills" in getattr(item, "fixturenames", ()):
            item.add_marker("drill")
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST_FIRST))
