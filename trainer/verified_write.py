"""Read files back after writing them, to find what the disk did not take while it can still be written again."""

import errno
import os
from pathlib import Path

from trainer.contract.messages import sentence
from trainer.contract.rundir import write_atomic


def write_verified(path: Path, content: bytes) -> None:
    """Replace `path` as `write_atomic` does, and compare. Raises: OSError, also where it reads otherwise."""
    write_atomic(path, content)
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # so that the disk is read, and not the memory
        if file.read() != content:
            raise OSError(errno.EIO, sentence("written.not_as_read"), str(path))
