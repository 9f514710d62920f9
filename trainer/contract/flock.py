"""Locks on files, by flock: the kernel frees one when its last holder is gone, however it went. Not to be trusted on
NFS.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOOK_S = 0.01


def is_held(path: Path) -> bool:
    """Tell whether anybody holds the lock `path`. Without the file nobody ever did; looking does not make one."""
    try:
        fd = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


@contextmanager
def shared(path: Path) -> Iterator[None]:
    """Hold the lock `path` together with others, once nobody has it alone. Raises: OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH)
        yield
    finally:
        os.close(fd)


@contextmanager
def alone(path: Path, wait_s: float) -> Iterator[bool]:
    """Hold the lock `path` alone. Yields whether that succeeded within `wait_s`. Raises: OSError."""
    fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        yield take(fd, wait_s)
    finally:
        os.close(fd)


def take(fd: int, wait_s: float) -> bool:
    """Take the lock of an open file for as long as that is open. Returns whether it was free within `wait_s`."""
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_LOOK_S)
