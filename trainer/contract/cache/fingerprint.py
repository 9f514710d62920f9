"""Tell files by their content, wherever they lie, without reading all of them."""

import hashlib
import os
from typing import IO

_PIECE_BYTES = 64 << 10
_PIECES = 8


def fingerprint(file: IO[bytes]) -> str:
    """Hash the size and some pieces of a file, the first and the last among them, to 16 bytes as hex digits."""
    size = os.fstat(file.fileno()).st_size
    digest = hashlib.blake2b(str(size).encode(), digest_size=16)
    last = max(0, size - _PIECE_BYTES)
    for piece in range(_PIECES):
        digest.update(os.pread(file.fileno(), _PIECE_BYTES, last * piece // (_PIECES - 1)))
    return digest.hexdigest()
