"""The order of all tests, and which of them are drills.

A test that takes the fixture `drills` goes through a slice by `make test`, and through all it can by `make drills`. One
that is marked `drill` runs by the latter alone: a shorter test of the same part runs each day.
"""

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
    """Leave out what only drills do, mark what goes further in them, and put the longest files first."""
    whole = config.getoption("--drills")
    left_out = [item for item in items if item.get_closest_marker("drill") and not whole]
    for item in items:
        if "drills" in getattr(item, "fixturenames", ()):
            item.add_marker("drill")
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST_FIRST))
