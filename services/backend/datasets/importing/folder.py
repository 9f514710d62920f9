"""Reads a folder of clips, each with its caption in a file beside it. What is no clip is counted and told."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

from services.backend.datasets.importing.entries import Entry, Fault
from services.backend.datasets.importing.finder import is_below
from trainer.contract.media import is_image, is_media
from trainer.contract.messages import Message, message
from trainer.contract.problem import Problem
from trainer.contract.table.columns import CAPTION_COLUMNS
from trainer.contract.table.encoding import decode, is_undecodable
from trainer.contract.table.reader import Rejected, reason_unreadable

CAPTION_SUFFIXES = (".txt", ".caption", ".json")
"""Of files beside a clip, in the order in which they are looked at: the first that is not blank is the caption."""
_OF_SYSTEMS = frozenset({"thumbs.db", "desktop.ini"})
_SHOWN_SUFFIXES = 8


def read(source: Path, note: Callable[[Message], None], roots: Sequence[Path]) -> Iterator[Entry | Fault]:
    """Yield the clips of a folder and of those in it, by name, numbered from 1. Hidden files are passed over.

    Links to folders are followed into `roots`, and not out of them. A clip without a caption has an empty one, which a
    rule flags.
    """
    folders, unreadable, outside = _walk(str(source), [os.path.realpath(root) for root in roots])
    passed_over, captions = Counter[str](), _Captions(source)
    number = 0
    for folder, names in folders:
        clips = [name for name in names if is_media(name)]
        beside = _beside(clips, names)
        own = {caption for found in beside.values() for caption in found}
        passed_over.update(_suffix(name) for name in names if name not in own and not is_media(name))
        for name in clips:
            number += 1
            yield captions.entry(number, os.path.join(folder, name), beside[_stem(name)])
    if captions.korean:
        note(message("read_as_cp949.captions", captions=captions.korean))
    if passed_over:
        note(message("passed_over", files=passed_over.total(), suffixes=_listed(passed_over)))
    if outside:
        first = os.path.relpath(min(outside), source)
        note(message("path_outside.linked", folders=len(outside), first=first))
    if unreadable:
        note(message("folder_unreadable", folders=len(unreadable), first=os.path.relpath(min(unreadable), source)))


class _Folder(NamedTuple):
    path: str
    names: list[str]
    """Its files, sorted."""


def _walk(top: str, roots: Sequence[str]) -> tuple[list[_Folder], list[str], list[str]]:
    """List the folders below `top` with their files, those that may not be read, and links that lead out of `roots`.

    Links to folders are followed, but each folder is listed once, by its path without links if it has one: so a loop
    ends, and no clip is there twice.
    """
    plain, linked = [top], list[str]()
    found, unreadable, outside, seen = list[_Folder](), list[str](), list[str](), set[str]()
    while plain or linked:
        folder = plain.pop() if plain else linked.pop(0)
        real = os.path.realpath(folder)
        if real in seen:
            continue
        if not any(is_below(real, root) for root in roots):
            outside.append(folder)
            continue
        seen.add(real)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            unreadable.append(folder)
            continue
        shown = [entry for entry in entries if not entry.name.startswith(".")]
        folders = [entry for entry in shown if os.path.isdir(entry.path)]
        for entry in folders:
            (linked if entry.is_symlink() else plain).append(entry.path)
        inner = {entry.name for entry in folders}
        names = [entry.name for entry in shown if entry.name not in inner and entry.name.lower() not in _OF_SYSTEMS]
        found.append(_Folder(folder, names))
    return sorted(found, key=lambda folder: folder.path.split(os.sep)), unreadable, outside


def _beside(clips: Sequence[str], names: Sequence[str]) -> dict[str, list[str]]:
    """Return the caption files of each clip, by the clip's stem, in the order of CAPTION_SUFFIXES."""
    found: dict[str, list[str]] = {_stem(name): [] for name in clips}
    captions = [name for name in names if _suffix(name) in CAPTION_SUFFIXES and _stem(name) in found]
    for name in sorted(captions, key=lambda name: CAPTION_SUFFIXES.index(_suffix(name))):
        found[_stem(name)].append(name)
    return found


class _Captions:
    """Reads captions beside clips, and counts those that were read as CP949 (`korean`)."""

    def __init__(self, source: Path) -> None:
        self._source = source
        self.korean = 0

    def entry(self, number: int, path: str, beside: Sequence[str]) -> Entry | Fault:
        """Return the clip at `path` with the caption in the first file beside it that holds one."""
        name = os.path.relpath(path, self._source)
        if is_undecodable(name):
            shown = os.fsencode(name).decode(errors="replace")
            return Fault(number, message("not_utf8.name", name=shown[:200]))
        caption = ""
        for file in beside:
            try:
                caption = self._text(Path(path).with_name(file)).strip()
            except Problem as problem:
                return Fault(number, problem.said)
            if caption:
                break
        reason = reason_unreadable(name, caption)
        if reason is not None:
            return Fault.of(Rejected(number, name, reason))
        return Entry(number, name, caption, is_image(name))

    def _text(self, path: Path) -> str:
        """Read a caption file. Raises: Problem."""
        shown = os.path.relpath(path, self._source)
        try:
            found = decode(path.read_bytes())
        except OSError as error:
            raise Problem(message("caption_unreadable", path=shown, error=error.strerror)) from None
        if not found.is_whole:
            raise Problem(message("caption_unreadable.encoding", path=shown))
        self.korean += found.encoding == "cp949"
        if path.suffix.lower() != ".json":
            return found.text
        try:
            content = json.loads(found.text)
        except (ValueError, RecursionError) as error:
            raise Problem(message("caption_unreadable", path=shown, error=error)) from None
        values = [content[key] for key in CAPTION_COLUMNS if content.get(key)] if isinstance(content, dict) else []
        if values and not isinstance(values[0], str):
            raise Problem(message("caption_unreadable.no_text", path=shown, type=type(values[0]).__name__))
        return values[0] if values else ""


def _stem(name: str) -> str:
    """Return a name without its suffix, in one normal form: a clip and its caption may come from different systems."""
    return normalize("NFC", os.path.splitext(name)[0])


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _listed(suffixes: Counter[str]) -> str:
    """Write counts by suffix as "10 .txt2, 2 .psd", the most first."""
    ordered = sorted(suffixes.items(), key=lambda item: (-item[1], item[0]))
    parts = [f"{count:,} {suffix or 'without suffix'}" for suffix, count in ordered[:_SHOWN_SUFFIXES]]
    rest = sum(count for _, count in ordered[_SHOWN_SUFFIXES:])
    return ", ".join([*parts, f"{rest:,} others"] if rest else parts)
