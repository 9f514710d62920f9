"""Read the size and frame count of each media file once, and remember them beside the latents.

The memory is a file of JSON lines to which every rank appends what it has found; a line that is torn is passed over.
"""

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from trainer.contract.problem import Problem
from trainer.contract.shape import Shape
from trainer.data.clip import Unusable
from trainer.data.image import image_size
from trainer.data.metadata import Row
from trainer.data.video import clip_size

READERS = 4
"""Files opened at a time: most of it is waiting for the disk, the rest is one decoded frame."""
_AT_A_TIME = 64
"""Files between two lines of the memory, and between two looks at whether to stop."""


class MediaHeaders:
    """Remember headers in the file `path`, by the keys that `trainer.cache.latent_cache.file_key` makes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, Shape | Unusable] = {}
        self._read_bytes = 0
        self._read()

    def __getitem__(self, key: str) -> Shape | Unusable:
        """Return the size as shown, or why it is unknown. Raises: KeyError if no rank has probed the file yet."""
        return self._known[key]

    def has(self, key: str) -> bool:
        """Tell whether any rank has probed the file."""
        if key not in self._known:
            self._read()
        return key in self._known

    def probe(self, files: Sequence[tuple[str, Row]]) -> Iterator[int]:
        """Probe `files`, by their keys; yields now and then how many are done. Raises: OSError (a full disk)."""
        with ThreadPoolExecutor(READERS, thread_name_prefix="headers") as pool:
            for begin in range(0, len(files), _AT_A_TIME):
                keys, rows = zip(*files[begin : begin + _AT_A_TIME], strict=True)
                found = dict(zip(keys, pool.map(_header, rows), strict=True))
                self._known |= found
                self._append(found)
                yield begin + len(found)

    def _append(self, found: dict[str, Shape | Unusable]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        values = [it if isinstance(it, Shape) else (it.code, it.reason, it.remedy) for it in found.values()]
        # A line break first, should the line before be torn.
        lines = "\n" + "".join(json.dumps([key, *those]) + "\n" for key, those in zip(found, values, strict=True))
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
        for line in whole.split(b"\n"):
            try:
                key, *fields = json.loads(line)
                if all(isinstance(field, int) for field in fields):
                    self._known[key] = Shape(*fields)
                else:
                    self._known[key] = Unusable(*map(str, fields))
            except (ValueError, TypeError):
                continue


def _header(row: Row) -> Shape | Unusable:
    try:
        return image_size(row.path) if row.is_image else clip_size(row.path)
    except Problem as problem:
        return Unusable(problem.code, problem.message, problem.hint)
