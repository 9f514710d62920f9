"""The captions and files' names of a data set, in memory, searched as SQLite's LIKE does it but many times as fast."""

import re
import sqlite3
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

BYTES = 128 << 20
"""Of one data set. Where there are more, nothing is held and SQLite searches them."""

_CHUNK = 1024
"""Rows that are read and searched anew together when one of them changes."""
_KEPT = 4
"""Searches whose result is kept, so that after a change only what changed is searched."""
_ODD = re.compile("[\0\ufffd-\uffff]")
"""Where LIKE ends, and what it takes for the same."""


@dataclass(frozen=True)
class Texts:
    """`chunks` are of `_CHUNK` rows each: caption and file with a zero byte between, A to Z as small letters."""

    chunks: tuple[pa.Array, ...]
    found: dict[str, npt.NDArray[np.bool_]] = field(default_factory=dict)

    @classmethod
    def read(cls, sql: sqlite3.Connection, count: int) -> "Texts | None":
        """Of rows 1 to `count`; None where they are too many."""
        chunks, nbytes = list[pa.Array](), 0
        for number in range(-(-count // _CHUNK)):
            chunks.append(_chunk(sql, number))
            nbytes += chunks[-1].nbytes
            if nbytes > BYTES:
                return None
        return cls(tuple(chunks))

    def now(self, sql: sqlite3.Connection, ids: list[int]) -> "Texts | None":
        """The next state, in which these rows are others."""
        chunks, found = list(self.chunks), {text: is_found.copy() for text, is_found in list(self.found.items())}
        for number in {(item - 1) // _CHUNK for item in ids}:
            chunks[number] = _chunk(sql, number)
            for text, is_found in found.items():
                is_found[number * _CHUNK : (number + 1) * _CHUNK] = _search((chunks[number],), text)
        after = Texts(tuple(chunks), found)
        return after if after.nbytes <= BYTES else None

    @property
    def nbytes(self) -> int:
        return sum(int(chunk.nbytes) for chunk in self.chunks)

    def holding(self, text: str) -> npt.NDArray[np.bool_] | None:
        """The rows that `text` is in; None where only SQLite can say."""
        if _ODD.search(text):
            return None
        text = _lower(text.encode()).decode()
        is_found = self.found.pop(text, None)
        if is_found is None:
            is_found = _search(self.chunks, text)
        self.found[text] = is_found  # now the newest
        for oldest in list(self.found)[:-_KEPT]:
            self.found.pop(oldest, None)
        return is_found


def _chunk(sql: sqlite3.Connection, number: int) -> pa.Array:
    rows = sql.execute(
        "SELECT CAST(caption || char(0) || file AS BLOB) FROM item WHERE id > ? AND id <= ? ORDER BY id",
        (number * _CHUNK, (number + 1) * _CHUNK),
    )
    return pa.array([_lower(text) for (text,) in rows], pa.large_string())


def _lower(text: bytes) -> bytes:
    """As LIKE sees it: of UTF-8's bytes only A to Z have a case."""
    return text.lower()


def _search(chunks: tuple[pa.Array, ...], text: str) -> npt.NDArray[np.bool_]:
    # As an expression, for RE2 is several times as fast as Arrow's search of plain text.
    found: npt.NDArray[np.bool_] = pc.match_substring_regex(
        pa.chunked_array(chunks, pa.large_string()), re.escape(text)
    ).to_numpy()
    return found
