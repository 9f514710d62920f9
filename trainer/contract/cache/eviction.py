"""Keep the cache within a size: what was used longest ago goes first, and nothing that a run needs.

A run takes the lock of its folder together with others while it looks which entries are there and writes down its own.
An eviction takes it alone, so nothing goes between a run's look and its note. Each entry is removed by itself: one that
is cut short leaves a smaller cache that is whole.
"""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from trainer.contract.cache import identity, in_use, media_header, uses
from trainer.contract.cache.entries import NOTE, files_in, key_of, scan
from trainer.contract.cache.in_use import Kept, Standing
from trainer.contract.flock import alone
from trainer.contract.rundir import RunDir

LOCK = "lock"
LOCK_WAIT_S = 30.0
"""A run has its folder's lock for the time of a look into it."""
TORN_S = 86_400.0
"""Temporary files of that age are of writers that were killed."""
OLD_S = 90 * 86_400.0
"""Notes and headers of a folder that no run has used for so long are removed, too."""


class Entry(NamedTuple):
    """One entry. `used_at`: Unix seconds of the last use by a run or, where that is not known, of its making."""

    used_at: float
    path: str
    size_bytes: int
    is_kept: bool


class Owner(NamedTuple):
    """A run that uses a folder. `used_at` is None if its file is not whole."""

    run: str
    standing: Standing | None
    """None where the run's folder is gone."""
    used_at: float | None


@dataclass(frozen=True)
class Folder:
    """One folder of the cache: the entries of one model, made by one set of encoders. `encoders` is None if unknown."""

    path: Path
    model: str
    encoders: identity.Identity | None
    entries: list[Entry]
    owners: list[Owner]

    @property
    def size_bytes(self) -> int:
        return sum(entry.size_bytes for entry in self.entries)

    @property
    def kept_bytes(self) -> int:
        return sum(entry.size_bytes for entry in self.entries if entry.is_kept)

    @property
    def used_at(self) -> float | None:
        return max((entry.used_at for entry in self.entries), default=None)


@dataclass
class Evicted:
    """What an eviction removed, or would remove. `left_bytes` remain, of which `kept_bytes` are those of runs."""

    entries: int = 0
    size_bytes: int = 0
    left_bytes: int = 0
    kept_bytes: int = 0
    skipped: int = 0
    """Folders whose lock a run had for too long."""


def survey(cache: Path) -> list[Folder]:
    """Look at all folders of a cache; none if there is no cache. Raises: OSError."""
    roots = list(identity.folders(cache))
    return _surveyed(roots, in_use.kept(cache, roots)) if roots else []


def evict(
    cache: Path, limit_bytes: int, *, is_dry: bool = False, wait_s: float = LOCK_WAIT_S, keeps: str = ""
) -> Evicted:
    """Remove the entries used longest ago until the cache is within its limit, or only those of runs are left.

    `is_dry`: say what would go, and remove nothing. `keeps`: the run that asks, whose entries stay. Raises: OSError.
    """
    done = Evicted()
    with ExitStack() as opened:
        roots = []
        for root in identity.folders(cache):
            if is_dry or opened.enter_context(alone(root / LOCK, wait_s)):
                roots.append(root)
            else:
                done.skipped += 1
                done.left_bytes += sum(file.stat().st_size for file in scan(root))
        if not roots:
            return done
        folders = _surveyed(roots, in_use.kept(cache, roots, keeps))
        done.left_bytes += sum(folder.size_bytes for folder in folders)
        done.kept_bytes = sum(folder.kept_bytes for folder in folders)
        for entry in sorted(entry for folder in folders for entry in folder.entries if not entry.is_kept):
            if done.left_bytes <= limit_bytes:
                break
            if not is_dry:
                Path(entry.path).unlink(missing_ok=True)
            done.entries, done.size_bytes = done.entries + 1, done.size_bytes + entry.size_bytes
            done.left_bytes -= entry.size_bytes
        if not is_dry:
            for folder in folders:
                _sweep(folder, time.time())
    return done


def _surveyed(roots: list[Path], kept: Kept) -> list[Folder]:
    return [
        Folder(root, root.parent.name, identity.read(root), list(_entries(root, kept)), list(_owners(root)))
        for root in roots
    ]


def _entries(root: Path, kept: Kept) -> Iterator[Entry]:
    used_at: dict[bytes, float] = {}
    for path in uses.owners(root).values():
        if (found := uses.read(path)) is not None:
            for key in found.keys:
                used_at[key] = max(found.used_at, used_at.get(key, 0.0))
    for file in scan(root):
        if name := key_of(file.name):
            with suppress(FileNotFoundError):
                status = file.stat(follow_symlinks=False)
                last = used_at.get(bytes.fromhex(name), status.st_mtime)
                yield Entry(last, file.path, status.st_size, kept.keeps(root.parent.name, name))


def _owners(root: Path) -> Iterator[Owner]:
    logs_dir = root.parents[2]
    for run, path in uses.owners(root).items():
        found, folder = uses.read(path), RunDir(logs_dir / run)
        stands = in_use.standing(folder) if folder.path.is_dir() else None
        yield Owner(run, stands, found.used_at if found is not None else None)


def _sweep(folder: Folder, now: float) -> None:
    """Remove what writers that were killed and runs that were deleted have left, and what nobody has used for long."""
    for owner in folder.owners:
        if owner.standing is None:
            (folder.path / uses.FOLDER / f"{owner.run}{uses.SUFFIX}").unlink(missing_ok=True)
    is_old = not any(owner.standing is not None for owner in folder.owners) and now - (folder.used_at or 0.0) > OLD_S
    for file in [*files_in(folder.path), *files_in(folder.path / uses.FOLDER), *scan(folder.path)]:
        with suppress(FileNotFoundError):
            age_s = now - file.stat(follow_symlinks=False).st_mtime
            is_torn = file.name.startswith(".") and file.name.endswith(".tmp") and age_s > TORN_S
            is_note = file.name == media_header.NAME or key_of(file.name, NOTE) != ""
            if is_torn or (is_note and is_old and age_s > OLD_S):
                os.unlink(file.path)
