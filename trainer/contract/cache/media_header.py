"""What a run has to know of a media file before it decodes it, and how that is remembered beside the latents.

`media.jsonl` has a line a file: the key that `keys.file_key` makes, the header or a note on why there is none, and
`Seen`, which caches of before lack. Every rank appends to it; a line that is torn is passed over.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from trainer.contract.cache.keys import digest
from trainer.contract.shape import Shape, covering_sides
from trainer.contract.window import BEGINNING, Timing, Window

NAME = "media.jsonl"


@dataclass(frozen=True)
class MediaHeader:
    """What a run has to know of a file: its `content`, its size as shown in pixels, and when its frames are shown."""

    content: str
    height: int
    width: int
    frames: int = 1
    fps: float | None = None
    is_steady: bool = True
    is_image: bool = False
    is_plain: bool = True
    """Whether it is SDR BT.709 or sRGB, opaque, of square pixels and whole frames, and not mirrored."""

    @property
    def size(self) -> Shape:
        return Shape(self.height, self.width, self.frames)

    @property
    def timing(self) -> Timing:
        return Timing(self.frames, self.fps, self.is_steady)

    def was_decoded_alike(self, shape: Shape, window: Window) -> bool:
        """Tell whether version 0.1 made the same picture of it: it decoded plain files right, but for scaled clips."""
        shown = (self.height, self.width)
        is_scaled = covering_sides(shown, (shape.height, shape.width)) != shown
        return self.is_plain and (self.is_image or (window == BEGINNING and not is_scaled))


class Mark(NamedTuple):
    """What a file keeps where its folder is moved: its size, and a digest of its name and its time."""

    size_bytes: int
    name_and_time: str

    @classmethod
    def of(cls, path: str, status: os.stat_result) -> "Mark":
        return cls(status.st_size, digest([os.path.basename(path), status.st_mtime_ns])[:16])


class Seen(NamedTuple):
    """Where a file was when its header was read: a digest of its path, its mark, and the attempt that read it."""

    path: str
    mark: Mark
    attempt: str

    @classmethod
    def of(cls, path: Path, attempt: str) -> "Seen | None":
        """Look at a file; None if it is gone."""
        try:
            return cls(path_key(str(path)), Mark.of(str(path), path.stat()), attempt)
        except OSError:
            return None


class Line(NamedTuple):
    """One line of the memory. `fields` are those of a `MediaHeader` or, with a "code", of a note."""

    key: str
    fields: dict[str, Any]
    seen: Seen | None = None

    @property
    def header(self) -> MediaHeader | None:
        """Return the header; None if it is a note, or holds what no header does."""
        try:
            found = msgspec.convert(self.fields, MediaHeader)
        except ValueError:
            return None
        return found if min(found.height, found.width, found.frames) > 0 and "code" not in self.fields else None

    def encode(self) -> str:
        return json.dumps(self if self.seen is not None else self[:2]) + "\n"


def path_key(path: str) -> str:
    return digest(["path", path])[:16]


def read_lines(content: bytes) -> Iterator[Line]:
    """Read the whole lines of the memory that can be read."""
    decode = msgspec.json.Decoder(Line).decode
    for line in content.split(b"\n"):
        try:
            yield decode(line)
        except (ValueError, RecursionError):
            with suppress(ValueError, RecursionError):  # a text that is no UTF-8 is none to the quicker reader
                yield msgspec.convert(json.loads(line), Line)
