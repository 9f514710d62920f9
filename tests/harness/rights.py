"""Let a test meet files that may not be read, whoever runs it: root's right to read all is put aside."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_VERSION_3 = 0x20080522
_READS_ALL = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH (capabilities(7))."""


@contextmanager
def as_anybody() -> Iterator[None]:
    """Have the permissions of files hold for this thread while the context lasts. Raises: OSError."""
    head = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted and inheritable, of the lower and of the upper capabilities
    _check(ctypes.CDLL(None, use_errno=True).capget(head, sets))
    before = sets[0]
    try:
        sets[0] = before & ~_READS_ALL
        _check(ctypes.CDLL(None, use_errno=True).capset(head, sets))
        yield
    finally:
        sets[0] = before
        _check(ctypes.CDLL(None, use_errno=True).capset(head, sets))


def _check(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
