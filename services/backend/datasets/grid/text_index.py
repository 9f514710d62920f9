"""The text index: captions and file names in memory, searched as SQLite's LIKE does but many times as fast."""

import re
import sqlite3
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

MAX_BYTES = 128 << 20
"""Of one data set. Beyond it there is no index, and SQLite searches."""

_CHUNK_ROWS = 1024
"""Rows that are read and searched again together when one of them changes."""
_KEPT_SEARCHES = 4
"""Searches whose result is kept, so that after a change only the changed chunks are searched."""
_ODD = re.compile("[\0\ufffd-\uffff]")
"""Characters at which LIKE ends, or which it takes for equal."""


@dataclass(frozen=True)
class TextIndex:
    """`chunks` of `_CHUNK_ROWS` rows each: caption and file with a zero byte between, A to Z in lower case."""

    chunks: tuple[pa.Array, ...]
    found: dict[str, npt.NDArray[np.bool_]] = field(default_factory=dict)

    @classmethod
    def read(cls, sql: sqlite3.Connection, count: int) -> "TextIndex | None":
        """Read rows 1 to `count`; None if they take too much memory."""
        chunks, nbytes = list[pa.Array](), 0
        for number in range(-(-count // _CHUNK_ROWS)):
            chunks.append(_chunk(sql, number))
            nbytes += chunks[-1].nbytes
            if nbytes > MAX_BYTES:
                return None
        return cls(tuple(chunks))

    def updated(self, sql: sqlite3.Connection, ids: list[int]) -> "TextIndex | None":
        """Return the index of the next state, in which these rows have changed."""
        chunks, found = list(self.chunks), {text: is_found.copy() for text, is_found in list(self.found.items())}
        for number in {(item - 1) // _CHUNK_ROWS for item in ids}:
            chunks[number] = _chunk(sql, number)
            for text, is_found in found.items():
                is_found[number * _CHUNK_ROWS : (number + 1) * _CHUNK_ROWS] = _search((chunks[number],), text)
        after = TextIndex(tuple(chunks), found)
        return after if after.nbytes <= MAX_BYTES else None

    @property
    def nbytes(self) -> int:
        return sum(int(chunk.nbytes) for chunk in self.chunks)

    def search(self, text: str) -> npt.NDArray[np.bool_] | None:
        """Find the rows that contain `text`; None if only SQLite can answer."""
        if _ODD.search(text):
            return None
        text = _lower(text.encode()).decode()
        is_found = self.found.pop(text, None)
        if is_found is None:
            is_found = _search(self.chunks, text)
        self.found[text] = is_found  # now the newest
        for oldest in list(self.found)[:-_KEPT_SEARCHES]:
            self.found.pop(oldest, None)
        return is_found


def _chunk(sql: sqlite3.Connection, number: int) -> pa.Array:
    rows = sql.execute(
        "SELECT CAST(caption || char(0) || file AS BLOB) FROM item WHERE id > ? AND id <= ? ORDER BY id",
        (number * _CHUNK_ROWS, (number + 1) * _CHUNK_ROWS),
    )
    return pa.array([_lower(text) for (text,) in rows], pa.large_string())


def _lower(text: bytes) -> bytes:
    """Lower the case as LIKE does: of A to Z alone."""
    return text.lower()


def _search(chunks: tuple[pa.Array, ...], text: str) -> npt.NDArray[np.bool_]:
    # As an expression: RE2 is several times as fast as Arrow's search of plain text.
    found: npt.NDArray[np.bool_] = pc.match_substring_regex(
        pa.chunked_array(chunks, pa.large_string()), re.escape(text)
    ).to_numpy()
    return found
