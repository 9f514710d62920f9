"""Finds listed files, and checks that they lie where data may lie. No file is opened."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from services.backend.datasets.importing.formats import Entry, Fault
from trainer.contract.messages import message


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
    """Finds files. Relative names begin at `base`; files in none of `roots`, by name or by a link, are refused."""

    def __init__(self, base: Path, roots: Iterable[Path]) -> None:
        self._base = os.path.realpath(base)
        self._roots = [os.path.realpath(root) for root in roots]
        self._folders: dict[str, str] = {}
        """Folders with their links resolved, once each: a data set has many files in few folders."""

    def find(self, entry: Entry) -> Clip | Fault:
        """Find the file of an entry, or say why it cannot be used."""
        path = os.path.normpath(os.path.join(self._base, entry.file))
        folder, name = os.path.split(path)
        about: dict[str, Any] = {"line": entry.line, "file": entry.file[:200]}
        try:
            status = os.lstat(path)
            real = os.path.join(self._real(folder), name)
            if stat.S_ISLNK(status.st_mode):
                real, status = os.path.realpath(path, strict=True), os.stat(path)
        except PermissionError:
            return Fault(entry.line, message("file_forbidden", **about))
        except (OSError, ValueError):
            return Fault(entry.line, message("file_missing", **about))
        if not self._is_inside(real):
            return Fault(entry.line, message("path_outside", **about))
        if not stat.S_ISREG(status.st_mode):
            return Fault(entry.line, message("not_a_file", **about))
        if status.st_size == 0:
            return Fault(entry.line, message("file_empty", **about))
        return Clip(entry.line, entry.file, path, entry.caption, entry.is_image, status.st_size, status.st_mtime_ns)

    def _real(self, folder: str) -> str:
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return self._folders[folder]

    def _is_inside(self, path: str) -> bool:
        return any(path == root or path.startswith(root.rstrip(os.sep) + os.sep) for root in self._roots)
