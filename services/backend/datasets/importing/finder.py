"""Finds listed files, and checks that they lie where data may lie. No file is opened."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from services.backend.datasets.importing.entries import Entry, Fault
from trainer.contract.messages import message
from trainer.contract.table.file_names import FileNames


class Clip(NamedTuple):
    """A listed file that is there. `path` is absolute; `changed_ns` is when it was written last."""

    line: int
    file: str
    path: str
    caption: str
    is_image: bool
    bytes: int
    changed_ns: int


class FileFinder:
    """Finds files as a run does. Relative names begin at `base`; files in none of `roots`, by name or by a link, are
    refused, and with `stays_inside` files that are not named as in `base`, as a run refuses them."""

    def __init__(self, base: Path, roots: Iterable[Path], *, stays_inside: bool = False) -> None:
        self._names = FileNames(os.path.realpath(base))
        self._roots = [os.path.realpath(root) for root in roots]
        self._stays_inside = stays_inside
        self._folders: dict[str, str] = {}
        """Folders with their links resolved, once each: a data set has many files in few folders."""

    def find(self, entry: Entry) -> Clip | Fault:
        """Find the file of an entry, or say why it cannot be used."""
        about: dict[str, Any] = {"line": entry.line, "file": entry.file.strip()[:200]}
        try:
            try:
                return self._clip(entry, self._names.path(entry.file), about)
            except (FileNotFoundError, NotADirectoryError):
                found = self._names.find(entry.file)
                if len(found) > 1:
                    return Fault(entry.line, message("name_ambiguous", files=len(found), **about))
                return self._clip(entry, found[0] if found else self._names.path(entry.file.strip()), about)
        except PermissionError:
            return Fault(entry.line, message("file_forbidden", **about))
        except (OSError, ValueError):
            return Fault(entry.line, message("file_missing", **about))

    def _clip(self, entry: Entry, path: str, about: dict[str, Any]) -> Clip | Fault:
        """Raises: OSError, ValueError if the file is not there."""
        folder, name = os.path.split(path)
        status = os.lstat(path)
        real = os.path.join(self._real(folder), name)
        if stat.S_ISLNK(status.st_mode):
            real, status = os.path.realpath(path, strict=True), os.stat(path)
        if not self._is_inside(real) or (self._stays_inside and not self._names.is_inside(path)):
            return Fault(entry.line, message("path_outside", **about))
        if not stat.S_ISREG(status.st_mode):
            return Fault(entry.line, message("not_a_file", **about))
        if status.st_size == 0:
            return Fault(entry.line, message("file_empty", **about))
        file = self._names.name_of(path, entry.file)
        return Clip(entry.line, file, path, entry.caption, entry.is_image, status.st_size, status.st_mtime_ns)

    def _real(self, folder: str) -> str:
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return self._folders[folder]

    def _is_inside(self, path: str) -> bool:
        return any(is_below(path, root) for root in self._roots)


def is_below(path: str, root: str) -> bool:
    """Check whether a path is that of a folder or lies in it; links in both are resolved already."""
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)
