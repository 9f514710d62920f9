"""List what lies in a folder of the cache, by names alone."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

ENTRY, NOTE = ".safetensors", ".unusable.json"
_KEY = re.compile(r"[0-9a-f]{32}")
_PART = re.compile(r"[0-9a-f]{2}")


def entry_path(root: Path, key: str) -> Path:
    return root / key[:2] / f"{key}{ENTRY}"


def note_path(root: Path, key: str) -> Path:
    return root / key[:2] / f"{key}{NOTE}"


def scan(root: Path) -> Iterator[os.DirEntry[str]]:
    """Yield all files of the subfolders that hold entries; none of a subfolder that cannot be read."""
    for part in _listed(root):
        if _PART.fullmatch(part.name) and part.is_dir(follow_symlinks=False):
            yield from files_in(Path(part.path))


def files_in(folder: Path) -> list[os.DirEntry[str]]:
    """List the files of a folder; none if it cannot be read."""
    return [file for file in _listed(folder) if file.is_file(follow_symlinks=False)]


def known_keys(root: Path) -> set[str]:
    """Return the keys that have an entry, or a note that there can be none."""
    return {key for file in scan(root) if (key := key_of(file.name)) or (key := key_of(file.name, NOTE))}


def key_of(name: str, suffix: str = ENTRY) -> str:
    """Return the key in a file's name; empty for any other file."""
    key = name.removesuffix(suffix)
    return key if key != name and _KEY.fullmatch(key) else ""


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []
