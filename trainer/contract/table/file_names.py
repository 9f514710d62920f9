"""Finds the files that a table names, in the ways in which names change between systems. No file is opened.

Names are looked for as they are written, then without blanks around them, then with Windows' backslashes as slashes,
then in the other normal forms of Unicode: macOS writes names decomposed (NFD), other systems composed (NFC).
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from unicodedata import normalize

_DETOUR = re.compile(r"^[/.]|/[/.]|/$")
"""Found in names that are not the plain path of a file within the folder."""


class FileNames:
    """Looks names up below a folder. `folders` has each folder that was looked into, and when it was changed last."""

    def __init__(self, base: str | Path) -> None:
        self._base = os.path.abspath(base)
        self._inside = self._base.rstrip(os.sep) + os.sep
        self._real_inside = os.path.realpath(base).rstrip(os.sep) + os.sep
        self._spellings: dict[str, dict[str, list[str]]] = {}
        self.folders: dict[str, int] = {}
        """By folder its mtime in ns; -1 if it is not there."""

    def find(self, name: str) -> list[str]:
        """Return the absolute path of the file, or all that a name may mean; nothing if there is none."""
        path = self.path(name)
        if self._is_file(path):
            return [path]
        others = [other for other in map(self.path, _variants(name)) if other != path]
        for other in others:
            if self._is_file(other):
                return [other]
        return next((found for found in map(self._respelled, [path, *others]) if found), [])

    def path(self, name: str) -> str:
        """Return the normalized path that a name means as it is written. Links are not resolved, so that links inside
        the folder may point to other disks."""
        if not _DETOUR.search(name):
            return self._inside + name
        path = os.path.normpath(os.path.join(self._base, name))
        if not path.startswith(self._inside) and path.startswith(self._real_inside):
            return self._inside + path[len(self._real_inside) :]  # absolute, and the folder is reached by a link
        return path

    def is_inside(self, path: str) -> bool:
        return path.startswith(self._inside)

    def name_of(self, path: str, written: str) -> str:
        """Return how a table names the file that was found at `path`: as it is written there, if that names it."""
        if path == self._inside + written:
            return written
        stripped = written.strip()
        if path == self.path(stripped) or not self.is_inside(path):
            return stripped
        return path[len(self._inside) :]

    def _is_file(self, path: str) -> bool:
        folder = path[: path.rfind("/")]
        if folder not in self.folders:
            self.folders[folder] = _changed_ns(folder)
        return os.path.isfile(path)

    def _respelled(self, path: str) -> list[str]:
        """Return the files inside the folder whose names are canonically equal to the path's."""
        if path.isascii() or not self.is_inside(path):
            return []
        found = [self._base]
        for part in path[len(self._inside) :].split(os.sep):
            key = normalize("NFC", part)
            found = [os.path.join(folder, name) for folder in found for name in self._spelled(folder, key)]
        return [candidate for candidate in found if self._is_file(candidate)]

    def _spelled(self, folder: str, key: str) -> list[str]:
        """Return the names in a folder whose NFC is `key`."""
        if key.isascii():
            return [key]
        if folder not in self._spellings:
            self.folders.setdefault(folder, _changed_ns(folder))
            by_key: dict[str, list[str]] = {}
            for name in _names(folder):
                by_key.setdefault(normalize("NFC", name), []).append(name)
            self._spellings[folder] = by_key
        return self._spellings[folder].get(key, [])


def have_changed(folders: dict[str, int]) -> bool:
    """Check whether files have come or gone in one of these `folders` since they were looked into."""
    return any(_changed_ns(folder) != changed_ns for folder, changed_ns in folders.items())


def _variants(name: str) -> Iterator[str]:
    stripped = name.strip()
    yield stripped
    if "\\" in stripped:
        yield stripped.replace("\\", "/")


def _changed_ns(folder: str) -> int:
    try:
        return os.stat(folder or os.sep).st_mtime_ns
    except (OSError, ValueError):
        return -1


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
