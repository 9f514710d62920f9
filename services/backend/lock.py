"""A lock that keeps a second Loradeck from a folder; the kernel releases it when its holder dies."""

import fcntl
import os
from pathlib import Path

from services.backend.errors import StartupError


def hold(path: Path) -> int:
    """Lock the file `path`, created if need be. Returns the descriptor that holds the lock. Raises: StartupError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StartupError(
            "folder_unusable", f"{path.parent} cannot be written to ({error.strerror}): choose another folder."
        ) from None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise StartupError(
            "already_running",
            f"Another Loradeck is running on {path.parent}: stop that one, or give this one its own folders.",
        ) from None
    return fd
