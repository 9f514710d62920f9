from pathlib import Path

import pytest

from trainer.contract.__main__ import PAGES


@pytest.mark.parametrize("path", PAGES)
def test_what_is_published_is_what_the_code_says(path: str) -> None:
    """Mend with `python -m trainer.contract`."""
    assert Path(path).read_text() == PAGES[path]()
