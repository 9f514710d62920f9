"""Counts how much of a data set is cached for a config, by names and marks of files; clips are not decoded."""

import os
import stat
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from trainer.contract.cache import identity, keys, reuse, tokenizer
from trainer.contract.cache.entries import scan
from trainer.contract.cache.fingerprint import fingerprint
from trainer.contract.cache.identity import Identity
from trainer.contract.cache.media_header import Mark, MediaHeader, path_key
from trainer.contract.cache.reuse import Known, Reuse, Wanted
from trainer.contract.config import RunConfig
from trainer.contract.media import is_image
from trainer.contract.plan.buckets import Buckets
from trainer.contract.shape import Shape
from trainer.contract.window import BEGINNING, Selection, Timing, Windows, frames_at, samples_of

READING_S = 5.0
"""How long files that changed or were copied may be read, half a megabyte each; the others are then unsure."""


class DataRow(NamedTuple):
    """One usable row of a data set, and the texts by which it may be shown."""

    path: str
    texts: tuple[str, ...]


class Counted(NamedTuple):
    """What was counted. `reuse` is None where it cannot be told, `size_bytes`, that of the whole cache, if nothing was
    looked at."""

    reuse: Reuse | None
    size_bytes: int | None


class _Looked(NamedTuple):
    """A row's file. `identity` is empty if it cannot be seen; `content` is empty if no run has read such a file."""

    path: str
    identity: list[str | int]
    content: str = ""
    header: MediaHeader | None = None
    is_unread: bool = False


def count(cache: Path, config: RunConfig, dtype: str, rows: Iterable[DataRow]) -> Counted:
    """Count the samples of `rows` that a run with encoders in the format `dtype` would find in the cache."""
    found = identity.find(cache, config, dtype)
    size_bytes = sum(_size_bytes(file) for folder in identity.folders(cache) for file in scan(folder))
    if not found.is_known:
        return Counted(None, size_bytes)
    known = Known.read(cache, config.model, found.folder)
    captions, looked = set[str](), list[_Looked]()
    reading = _Reading(known)
    for row in rows:
        captions.update(row.texts)
        if (file := reading.look(row.path)) is not None:
            looked.append(file)
    if looked and not any(file.identity for file in looked):  # on another host, perhaps
        return Counted(None, size_bytes)
    counted = reuse.count(_wanted(config, looked, known), known)
    name = _tokenizer(config, found.folder, found.identity)
    if name is not None:
        plain = {caption: keys.text_key(caption) for caption in captions}
        texts = ((keys.text_key(caption, name) if name else key, key) for caption, key in plain.items())
        reuse.count_captions(counted, texts, known)
    return Counted(counted, size_bytes)


class _Reading:
    """Looks at files, and reads some of them for a limited time."""

    def __init__(self, known: Known) -> None:
        self._known, self._left_s = known, READING_S

    def look(self, path: str) -> _Looked | None:
        """Look at a file; None if runs leave it out."""
        known = self._known
        try:
            status = os.stat(path)
        except OSError:
            return _Looked(path, [], is_unread=True)
        if not stat.S_ISREG(status.st_mode):
            return None
        file = keys.file_identity(path, status)
        key = keys.file_key_of(file, status.st_ctime_ns)
        if key in known.headers:
            header = known.headers[key]
            return _Looked(path, file, header.content, header) if header is not None else None
        mark, is_elsewhere = Mark.of(path, status), path_key(path) not in known.places
        content = known.marks.get(mark) if is_elsewhere else None
        if content is None and (status.st_size in known.sizes_bytes or not known.has_all_sizes):
            if self._left_s <= 0:
                return _Looked(path, file, is_unread=True)
            content = self._read(path)
        return _Looked(path, file, content or "", known.by_content.get(content or ""))

    def _read(self, path: str) -> str:
        began = time.monotonic()
        try:
            with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
                return fingerprint(file)
        except OSError:
            return ""
        finally:
            self._left_s -= time.monotonic() - began


def _wanted(config: RunConfig, looked: list[_Looked], known: Known) -> Iterator[Wanted]:
    """Place the files as the trainer does, and make the keys of their samples."""
    selection = Selection.of(config)
    for image in (False, True):
        buckets = Buckets.of(config, is_image=image)
        shapes, largest = buckets.shapes, buckets.largest
        mine = [file for file in looked if is_image(file.path) == image]
        for file in mine:
            if file.header is None:
                path, old = path_key(file.path), _old(file, shapes, known, image)
                yield Wanted(largest, path, file.content, (), old, None, file.is_unread)
        placed = [(file, file.header) for file in mine if file.header is not None]
        chosen = buckets.choose(_sizes(selection, [header for _, header in placed]))
        for (file, header), at in zip(placed, chosen.tolist(), strict=True):
            shape = shapes[at]
            parts = ((BEGINNING,),) if image else _samples(selection, header.timing, shape.frames)
            for windows in parts:
                made = tuple(keys.sample_key(header.content, shape, each, is_image=image) for each in windows)
                if known.entries.issuperset(made):
                    yield Wanted(shape, "", header.content, made)
                    continue
                old, is_alike = keys.old_key_of(file.identity, shape, is_image=image), False
                if old in known.entries:
                    is_alike = all(header.was_decoded_alike(shape, window) for window in windows)
                yield Wanted(shape, path_key(file.path), header.content, made, old, is_alike)


def _old(file: _Looked, shapes: tuple[Shape, ...], known: Known, image: bool) -> str:
    """Return the key of version 0.1's entry of a file that no run has read since, empty if there is none."""
    if not file.identity:
        return ""
    possible = (keys.old_key_of(file.identity, shape, is_image=image) for shape in shapes)
    return next((key for key in possible if key in known.entries), "")


def _sizes(selection: Selection, headers: list[MediaHeader]) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    sizes = [header.size._replace(frames=frames_at(header.timing, selection.frame_rate)) for header in headers]
    return np.array(sizes, np.int64).reshape(-1, 3)


@lru_cache(maxsize=4096)
def _samples(selection: Selection, timing: Timing, frames: int) -> tuple[Windows, ...]:
    return tuple(samples_of(selection, timing, frames))


def _tokenizer(config: RunConfig, root: Path | None, encoders: Identity | None) -> str | None:
    """Return what the keys of captions name; None if that is not known."""
    own = encoders.own_tokenizer if encoders is not None else ""
    began_with = tokenizer.read_note(root / tokenizer.NAME) if root is not None else ""
    given = ""
    if config.tokenizer_path is not None:
        if root is not None and not (own or began_with):
            return None
        try:
            given = tokenizer.digest_of(Path(config.tokenizer_path).expanduser())
        except OSError:
            return None
    return tokenizer.name_in_keys(began_with, own, given)


def _size_bytes(file: "os.DirEntry[str]") -> int:
    try:
        return file.stat(follow_symlinks=False).st_size
    except OSError:
        return 0
