"""Tell the captions that one tokenizer made from another's, in a cache that may be older than the question.

The keys of captions do not name the tokenizer that a cache began with, which a note beside them does; those of any
other have its digest in them. Without a note the entries are the model's own tokenizer's: until there were notes, a
cache had no others, but for a `tokenizer_path` that nobody told apart.
"""

import hashlib
import json
from pathlib import Path

from trainer.contract.rundir import write_atomic

DECIDING_FILES = ("tokenizer.json", "spiece.model", "tokenizer.model")
"""The first of these that a folder has decides what its tokenizer makes of a text; copies may lack the others."""
NOT_HERE = "the model's own"
"""Stands for a digest while the model's own tokenizer is not on this machine, in caches that began with another."""


def of_keys(note: Path, own: Path | None, given: Path | None) -> str:
    """Return what the keys of captions have to name; empty for the tokenizer that the cache began with.

    `own`: the folder of the model's own tokenizer, None if it is not on this machine; `given`: that of the config.
    Raises: OSError.
    """
    used = given or own
    noted = _read(note)
    if used is None:
        return "" if noted is None or noted[1] else NOT_HERE
    digest = digest_of(used)
    if noted is None:
        noted = (digest_of(own), True) if own is not None else (digest, given is None)
        note.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(note, json.dumps({"digest": noted[0], "is_own": noted[1]}).encode())
    return "" if digest == noted[0] else digest


def digest_of(folder: Path) -> str:
    """Digest what decides a tokenizer: one of `DECIDING_FILES`, or else all its files. Raises: OSError."""
    files = [folder / name for name in DECIDING_FILES if (folder / name).is_file()][:1]
    found = hashlib.blake2b(digest_size=16)
    for file in files or sorted(path for path in folder.iterdir() if path.is_file()):
        content = file.read_bytes()
        found.update(len(content).to_bytes(8, "little") + content)
    return found.hexdigest()


def _read(note: Path) -> tuple[str, bool] | None:
    """Read the digest of the tokenizer that the cache began with, and whether it is the model's own."""
    try:
        found = json.loads(note.read_bytes())
        return str(found["digest"]), found["is_own"] is True
    except (OSError, ValueError, KeyError, TypeError):
        return None
