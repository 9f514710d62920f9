"""Read the facts that earlier starts of a scan have found, and write those of this one."""

import json
import os
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import msgspec

from trainer.contract.messages import message
from trainer.contract.problem import Problem
from trainer.contract.scan import ITEMS, PASSING_DAMAGES, SCANNER, THUMBNAILS, Caption, Item, Media, Tokenizer
from trainer.contract.tasks import Progress, TaskDir
from trainer.scan.messages import Counted
from trainer.tasks.runner import Task

_OF_THE_FACT = ("type", "ts", "key", "scanner")
"""What a fact says of itself, not of the file."""
EVERY_S = 0.25
"""Facts are gathered for so long, and then written at once with how far the scan is."""


def read_items(folder: TaskDir) -> list[Item]:
    """Raises: Problem."""
    path = folder.path / ITEMS
    try:
        lines = path.read_bytes()
        try:
            return msgspec.json.Decoder(Item).decode_lines(lines)
        except (
            msgspec.DecodeError
        ):  # file names that are no UTF-8 are half surrogate pairs, which Python's reader takes
            return msgspec.convert([json.loads(line) for line in lines.splitlines()], list[Item])
    except (OSError, ValueError) as error:
        raise Problem(message("items_unreadable", path=path, error=error)) from None


class KnownFacts:
    """Remember what earlier starts of the same scan have found."""

    def __init__(self, folder: TaskDir) -> None:
        self.tokenizer: Tokenizer | None = None
        self.captions: set[str] = set()
        """Keys of those that it has counted."""
        self.headers: dict[str, dict[str, Any]] = {}
        """By key the fields of files that have been opened, and are not known to be damaged."""
        self.finished: set[str] = set()
        """Keys of files that need no further look."""
        self.earlier: dict[str, dict[str, Any]] = {}
        """By key the fields of files that an earlier scanner was done with: they are looked at again."""
        offset, before = 0, -1
        while offset != before:
            before = offset
            facts, offset = folder.read(offset)
            for fact in facts:
                self._add(fact)

    def add(self, key: str, fields: dict[str, Any]) -> None:
        self.earlier.pop(key, None)
        if fields.get("damage") or fields.get("frames_seen"):
            self.finished.add(key)
            self.headers.pop(key, None)
        else:
            self.headers[key] = fields

    def counts_by(self, tokenizer: Tokenizer) -> bool:
        """Note which tokenizer counts captions from now on. Tells whether that is news."""
        before, self.tokenizer = self.tokenizer, tokenizer
        if before is None or before.folder != tokenizer.folder:
            self.captions.clear()
        return before is None or msgspec.structs.replace(before, ts=tokenizer.ts) != tokenizer

    def _add(self, fact: dict[str, Any]) -> None:
        try:
            if fact.get("type") == "tokenizer":
                self.counts_by(msgspec.convert(fact, Tokenizer))
            elif fact.get("type") == "caption":
                self.captions.add(msgspec.convert(fact, Caption).key)
            elif fact.get("type") == "media":
                key = msgspec.convert(fact, Media).key
                if fact.get("damage") in PASSING_DAMAGES:
                    self.headers.pop(key, None)
                    return
                fields = {name: fact[name] for name in Media.__struct_fields__ if name in fact}
                fields = {"rotation": 0} | {name: fields[name] for name in fields if name not in _OF_THE_FACT}
                if fact.get("scanner", 0) >= SCANNER:
                    self.add(key, fields)
                elif fields.get("damage") or fields.get("frames_seen"):
                    self.earlier[key] = fields
                    self.finished.discard(key)
        except msgspec.ValidationError:
            return


class FactWriter:
    """Write facts in batches. When its context ends all of them are written, whatever ends it."""

    def __init__(self, task: Task) -> None:
        self._facts = task.facts
        self._gathered: list[Any] = []
        self._written_at = time.monotonic()
        self._thumbnails = os.open(task.folder.path / THUMBNAILS, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o644)
        self._thumbnail_bytes = os.fstat(self._thumbnails).st_size

    def __enter__(self) -> "FactWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._facts.write(*self._gathered)
        finally:
            os.close(self._thumbnails)

    def captions(self, keys: Sequence[str], counted: Counted) -> None:
        now = time.time()
        for key, (tokens, misdecoded, scripts) in zip(keys, counted.captions, strict=True):
            fact = Caption(ts=now, key=key, tokens=tokens, misdecoded=misdecoded, scripts=scripts)
            self._gathered.append(fact)

    def media(self, key: str, fields: dict[str, Any], thumbnail: bytes) -> None:
        """Raises: OSError (a full disk)."""
        if thumbnail:
            fields = fields | {"thumbnail": self._keep(thumbnail)}
        self._gathered.append(Media(ts=time.time(), key=key, scanner=SCANNER, **fields))

    @property
    def is_due(self) -> bool:
        return time.monotonic() - self._written_at >= EVERY_S

    def write(self, progress: Progress) -> None:
        """Write what has been gathered, and how far the scan is. Raises: OSError (a full disk)."""
        gathered, self._gathered = self._gathered, []
        self._facts.write(*gathered, progress)
        self._written_at = time.monotonic()

    def _keep(self, thumbnail: bytes) -> tuple[int, int]:
        """Store a thumbnail before the fact that refers to it, so that no fact refers to a missing one."""
        begin, data = self._thumbnail_bytes, thumbnail
        while data:
            written = os.write(self._thumbnails, data)
            self._thumbnail_bytes += written
            data = data[written:]
        return begin, len(thumbnail)
