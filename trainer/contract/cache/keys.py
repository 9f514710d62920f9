"""Make the keys of the latent cache: hexadecimal digests of what decides an entry."""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from trainer.contract.shape import Shape
from trainer.contract.window import Window

CACHE_SCHEMA = 1
PICTURES = 2
"""The number of the way in which pictures are made of files: another one, another key."""
KEY_BYTES = 16


def sample_key(content: str, shape: Shape, window: Window, *, is_image: bool) -> str:
    """Make the key of a file of this content at `shape`, wherever it lies."""
    if is_image:
        return digest(["image", PICTURES, content, shape.height, shape.width])
    rate = window.frame_rate and round(window.frame_rate, 6)
    return digest(["clip", PICTURES, content, *shape, round(window.start_s, 6), rate])


def old_clip_key(path: Path, shape: Shape, *, is_image: bool) -> str:
    """Make the key that version 0.1 gave a clip or an image. Raises: OSError if there is no such file."""
    return old_key_of(file_identity(path, path.stat()), shape, is_image=is_image)


def old_key_of(identity: list[str | int], shape: Shape, *, is_image: bool) -> str:
    """Make the key of version 0.1 by a file's `file_identity`."""
    if is_image:
        return digest(["image", identity, shape.height, shape.width])
    return digest(["clip", identity, *shape])


def file_key(path: Path) -> str:
    """Make the key of a file as it is now, whatever is made of it. Raises: OSError if there is none."""
    status = path.stat()
    return file_key_of(file_identity(path, status), status.st_ctime_ns)


def file_key_of(identity: list[str | int], changed_ns: int) -> str:
    """Make the same by its `file_identity` and the time at which its inode changed, which nobody can set back after
    another content."""
    return digest(["file", *identity, changed_ns])


def text_key(prompt: str, tokenizer: str = "") -> str:
    """Make the key of a caption. `tokenizer`: what `trainer.contract.cache.tokenizer` says."""
    return digest(["text", prompt, tokenizer] if tokenizer else ["text", prompt])


def identity_key(dtype: str, files: Iterable[list[str | int]]) -> str:
    """Make the name of the folder for encoders in these files, by the `file_identity` of each, in a number format."""
    return digest([CACHE_SCHEMA, dtype, *files])


def file_identity(path: Path | str, status: os.stat_result) -> list[str | int]:
    """Tell a file as version 0.1 did: by path, size and time."""
    return [str(path), status.st_size, status.st_mtime_ns]


def digest(content: object) -> str:
    return hashlib.blake2b(json.dumps(content).encode(), digest_size=KEY_BYTES).hexdigest()
