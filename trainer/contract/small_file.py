"""Read a small JSON file that a person or a tool may have written by hand, or is writing."""

from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")


class Unreadable(Exception):
    """Raised where a small file is there and does not hold what it should. `reason` says what is wrong with it."""

    def __init__(self, name: str, reason: Exception) -> None:
        super().__init__(f"{name}: {reason}")
        self.reason = reason


def read_small(path: Path, kind: type[T]) -> T | None:
    """Read a small JSON file; None where it is missing. Raises: Unreadable."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise Unreadable(path.name, error) from error
