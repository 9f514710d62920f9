"""Tell the captions that one tokenizer made from another's, in a cache that may be older than the question.

The keys of captions do not name the model's own tokenizer, as they did not before there was a difference; those of any
other have its digest in them. A model whose own one is not on this machine may be given a copy of it: the first folder
that is given then counts as its own, which a note in the cache says.
"""

import hashlib
import json
from pathlib import Path

from trainer.contract.rundir import write_atomic

NAME = "tokenizer.json"
"""Of the note, in a folder of the cache."""
DECIDING_FILES = ("tokenizer.json", "spiece.model", "tokenizer.model")
"""The first of these that a folder has decides what its tokenizer makes of a text; copies may lack the others."""
NOT_HERE = "the model's own"
"""Stands for a digest while the model's own tokenizer is not on this machine, in caches that began with a given one."""


def of_keys(note: Path, own: Path | None, given: Path | None) -> str:
    """Return what the keys of captions have to name; empty for the tokenizer that the cache began with.

    `own`: the folder of the model's own tokenizer, None if it is not on this machine; `given`: that of the config.
    Raises: OSError.
    """
    began_with = read_note(note)
    own_digest, given_digest = (digest_of(folder) if folder is not None else "" for folder in (own, given))
    if given_digest and not (began_with or own_digest):
        note.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(note, json.dumps({"digest": given_digest}).encode())
    return name_in_keys(began_with, own_digest, given_digest)


def name_in_keys(began_with: str, own: str, given: str) -> str:
    """Return the same by digests, empty for what is not known: `began_with` is that of the note."""
    used, first = given or own, began_with or own or given
    if not used:
        return NOT_HERE if began_with else ""
    return "" if used == first else used


def digest_of(folder: Path) -> str:
    """Digest what decides a tokenizer: one of `DECIDING_FILES`, or else all its files. Raises: OSError."""
    files = [folder / name for name in DECIDING_FILES if (folder / name).is_file()][:1]
    found = hashlib.blake2b(digest_size=16)
    for file in files or sorted(path for path in folder.iterdir() if path.is_file()):
        content = file.read_bytes()
        found.update(len(content).to_bytes(8, "little") + content)
    return found.hexdigest()


def read_note(note: Path) -> str:
    """Read the digest of the given tokenizer that the cache began with; empty if it began with the model's own."""
    try:
        return str(json.loads(note.read_bytes())["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
