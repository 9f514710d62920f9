"""Remember which entries a run uses: who owns them, and when they were last used.

Each attempt writes `runs/<run>.used` once it knows its keys, before it encodes. The file is a line
`loradeck-uses 1 <attempt> <keys> <crc32>` and the keys, 16 bytes each; its own time is that of the last use.
"""

import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from trainer.contract.cache.keys import KEY_BYTES
from trainer.contract.rundir import is_run_id, write_atomic

FOLDER, SUFFIX = "runs", ".used"
_MAGIC = b"loradeck-uses"
_LINE_BYTES = 100


class Uses(NamedTuple):
    """What one run uses. `attempt` is the one that wrote it down; `used_at` is Unix seconds."""

    run: str
    attempt: int
    used_at: float
    packed: bytes

    @property
    def keys(self) -> Iterator[bytes]:
        """Yield the keys, each as its bytes."""
        return (self.packed[at : at + KEY_BYTES] for at in range(0, len(self.packed), KEY_BYTES))


def write(root: Path, run: str, attempt: int, keys: Iterable[str]) -> None:
    """Write down what an attempt uses of the folder `root`. Raises: OSError."""
    packed = b"".join(sorted({bytes.fromhex(key) for key in keys}))
    line = b"%s 1 %d %d %d\n" % (_MAGIC, attempt, len(packed) // KEY_BYTES, zlib.crc32(packed))
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    write_atomic(root / FOLDER / f"{run}{SUFFIX}", line + packed)


def owners(root: Path) -> dict[str, Path]:
    """List the files of the runs that use the folder `root`, whole or not, by the runs' ids."""
    try:
        names = sorted(entry.name for entry in os.scandir(root / FOLDER))
    except OSError:
        return {}
    runs = [name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX)]
    return {run: root / FOLDER / f"{run}{SUFFIX}" for run in runs if is_run_id(run)}


def read(path: Path) -> Uses | None:
    """Read such a file; None if it is not whole."""
    try:
        used_at = path.stat().st_mtime
        with open(path, "rb") as file:
            magic, schema, attempt, keys, checksum = file.readline(_LINE_BYTES).split()
            packed = file.read()
        is_whole = (magic, schema, len(packed)) == (_MAGIC, b"1", int(keys) * KEY_BYTES)
        if is_whole and zlib.crc32(packed) == int(checksum):
            return Uses(path.name.removesuffix(SUFFIX), int(attempt), used_at, packed)
    except (OSError, ValueError):
        pass
    return None
