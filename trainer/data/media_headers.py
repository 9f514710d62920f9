"""Read the header of each media file once, and remember it beside the latents.

The memory is a file of JSON lines to which every rank appends what it has found; a line that is torn is passed over.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trainer.contract.cache.fingerprint import fingerprint
from trainer.contract.cache.media_header import Line, MediaHeader, Seen, read_lines
from trainer.data.metadata import Row
from trainer.data.unusable import Unusable
from trainer.media.container import opened
from trainer.media.header import read_header
from trainer.media.image import is_plain, open_image, orientation_of, shown_size

__all__ = ["Known", "MediaHeader", "MediaHeaders", "header_of"]

_AT_A_TIME = 64
"""Files between two lines of the memory, and between two looks at whether to stop."""


Known = MediaHeader | Unusable


class MediaHeaders:
    """Remember headers in the file `path`, by the keys that `trainer.contract.cache.keys.file_key` makes.

    `attempt` names this attempt: what is wrong only for the moment is remembered for its ranks alone.
    """

    def __init__(self, path: Path, attempt: str) -> None:
        self._path, self._attempt = path, attempt
        self._known: dict[str, Known] = {}
        self._read_bytes = 0
        self._read()

    def __getitem__(self, key: str) -> Known:
        """Return the header, or why there is none. Raises: KeyError if no rank has read it yet."""
        return self._known[key]

    def has(self, key: str) -> bool:
        """Tell whether any rank has read the file's header."""
        if key not in self._known:
            self._read()
        return key in self._known

    def probe(self, files: Sequence[tuple[str, Row]], read: Callable[[Row], "Future[Known]"]) -> Iterator[int]:
        """Read the headers of `files`, by their keys; `read` begins to read one. Yields now and then how many are done.

        Raises: OSError (a full disk).
        """
        for begin in range(0, len(files), _AT_A_TIME):
            begun = {key: read(row) for key, row in files[begin : begin + _AT_A_TIME]}
            found = {key: header.result() for key, header in begun.items()}
            self._known |= found
            self._append(found, {key: row.path for key, row in files[begin : begin + _AT_A_TIME]})
            yield begin + len(found)

    def _append(self, found: dict[str, Known], paths: dict[str, Path]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        values = [
            asdict(it) | ({"attempt": self._attempt} if isinstance(it, Unusable) and it.is_passing else {})
            for it in found.values()
        ]
        written = [
            Line(key, fields, Seen.of(paths[key], self._attempt)).encode()
            for key, fields in zip(found, values, strict=True)
        ]
        lines = "\n" + "".join(written)  # a line break first, should the line before be torn
        fd = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o644)
        try:
            os.write(fd, lines.encode())
        finally:
            os.close(fd)

    def _read(self) -> None:
        """Read what has been appended since the last time."""
        try:
            if self._path.stat().st_size <= self._read_bytes:
                return
            with open(self._path, "rb") as file:
                file.seek(self._read_bytes)
                whole, _, torn = file.read().rpartition(b"\n")
                self._read_bytes = file.tell() - len(torn)
        except FileNotFoundError:
            return
        for line in read_lines(whole):
            with suppress(TypeError):
                self._take(line.key, line.fields)

    def _take(self, key: str, fields: dict[str, Any]) -> None:
        if fields.pop("attempt", self._attempt) == self._attempt:
            self._known[key] = Unusable(**fields) if "code" in fields else MediaHeader(**fields)


def header_of(path: Path, is_image: bool) -> MediaHeader:
    """Read the header of a file. Raises: Damage, MemoryError, OSError."""
    with opened(path) as file:
        content = fingerprint(file)
        if not is_image:
            clip = read_header(file, is_checked=False)
            is_as_stored = clip.has_square_pixels and not clip.orientation.is_mirrored and not clip.has_alpha
            return MediaHeader(
                content,
                *clip.shown,
                clip.frames,
                clip.fps,
                clip.is_steady,
                is_plain=is_as_stored and clip.colour.is_plain and not clip.is_interlaced and clip.is_first_track,
            )
        with open_image(file) as image:
            return MediaHeader(
                content, *shown_size(image, orientation_of(image)), is_image=True, is_plain=is_plain(image)
            )
