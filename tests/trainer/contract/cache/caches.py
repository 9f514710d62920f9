"""Make caches of small files, as they lie among run folders."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from trainer.contract.cache import uses
from trainer.contract.cache.entries import entry_path
from trainer.contract.cache.identity import Identity
from trainer.contract.cache.keys import digest

NOW = 1_900_000_000


def key(name: object) -> str:
    return digest(["test", name])


def make_folder(logs: Path, model: str = "tiny-wan", dtype: str = "fp32") -> Path:
    """A folder of the cache, with its identity."""
    encoder = logs.parent / f"{model}.safetensors"
    encoder.write_bytes(b"encoder")
    found = Identity.of(model, dtype, [encoder, encoder])
    root = logs / ".cache" / model / found.key
    found.write(root)
    return root


def add_entries(root: Path, names: Iterable[object], age_s: int = 0, size_bytes: int = 1000) -> list[Path]:
    """Entries that were made so long before NOW."""
    made = []
    for name in names:
        path = entry_path(root, key(name))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(size_bytes))
        os.utime(path, (NOW - age_s, NOW - age_s))
        made.append(path)
    return made


def add_run(logs: Path, run: str, root: Path | None, names: Iterable[object] = (), age_s: int = 0) -> Path:
    """A run folder of a run that has ended, with what it uses of the cache's folder `root`."""
    (logs / run).mkdir(parents=True)
    (logs / run / "config.json").write_text(json.dumps({"model": "tiny-wan"}))
    if root is not None:
        uses.write(root, run, 1, map(key, names))
        os.utime(root / uses.FOLDER / f"{run}{uses.SUFFIX}", (NOW - age_s, NOW - age_s))
    return logs / run


def left(paths: Iterable[Path]) -> int:
    return sum(path.exists() for path in paths)
