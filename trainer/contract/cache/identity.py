"""Say which encoders a folder of the cache belongs to, so that it is found without loading one of them."""

import itertools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from trainer.contract.cache.keys import identity_key
from trainer.contract.config import RunConfig
from trainer.contract.rundir import write_atomic
from trainer.contract.small_file import Unreadable, read_small

NAME = "identity.json"


class EncoderFile(msgspec.Struct, frozen=True):
    """A file of the text encoder or the VAE, as it was when the folder was made."""

    path: str
    size_bytes: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path) -> "EncoderFile":
        """Raises: OSError."""
        status = path.stat()
        return cls(str(path), status.st_size, status.st_mtime_ns)

    @property
    def is_there(self) -> bool | None:
        """Tell whether it is still there and the same; None if it cannot be seen from here."""
        try:
            return self == EncoderFile.of(Path(self.path))
        except OSError:
            return None


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What the entries of a folder were made by. `dtype` is "fp32" or "bf16".

    `is_default` tells whether they were ever those of the model, and not given by a config. `own_tokenizer` is the
    digest of the model's own tokenizer, empty where that was not on the machine.
    """

    model: str
    dtype: str
    files: tuple[EncoderFile, ...]
    is_default: bool = True
    own_tokenizer: str = ""

    @classmethod
    def of(cls, model: str, dtype: str, files: Iterable[Path]) -> "Identity":
        """Make the identity of encoders in these files. Raises: OSError."""
        return cls(model=model, dtype=dtype, files=tuple(map(EncoderFile.of, files)))

    @property
    def key(self) -> str:
        """Return the folder's name."""
        return identity_key(self.dtype, [[file.path, file.size_bytes, file.mtime_ns] for file in self.files])

    def write(self, folder: Path) -> None:
        """Write it into its folder, where it is not there yet. Raises: OSError."""
        if read(folder) != self:
            folder.mkdir(parents=True, exist_ok=True)
            write_atomic(folder / NAME, msgspec.json.format(msgspec.json.encode(self), indent=1))


def read(folder: Path) -> Identity | None:
    """Read that of a folder; None if there is none, or it is torn or of another folder."""
    try:
        found = read_small(folder / NAME, Identity)
    except Unreadable:
        return None
    return found if found is not None and found.key == folder.name else None


def folders(cache: Path, model: str | None = None) -> Iterator[Path]:
    """List the folders of a cache, or those of one model, by name."""
    for of_model in _subfolders(cache):
        if model in (None, of_model.name):
            yield from _subfolders(of_model)


class Found(NamedTuple):
    """The folder that a run would use, None if it would begin a new one. `is_known` is False if neither can be told."""

    folder: Path | None
    identity: Identity | None
    is_known: bool


def find(cache: Path, config: RunConfig, dtype: str) -> Found:
    """Find the folder that a run of `config` would use, with encoders in the format `dtype`.

    One that does not say which encoders it is of, as of version 0.1, is only found by files that the config names; one
    whose files cannot be seen from here is not found either.
    """
    given = [str(Path(path).expanduser().absolute()) for path in config.model_paths or ()]
    named, has_unknown = list[tuple[float, Path, Identity]](), False
    computed = set(_possible_keys(given, dtype))
    for folder in folders(cache, config.model):
        identity = read(folder)
        if identity is None:
            if folder.name in computed:
                return Found(folder, None, is_known=True)
            has_unknown = True
        elif identity.dtype == dtype and _is_named(identity, given):
            there = {file.is_there for file in identity.files}
            if there == {True}:
                named.append((_last_used(folder), folder, identity))
            has_unknown = has_unknown or False not in there
    if named:
        _, folder, identity = max(named, key=lambda it: it[0])
        return Found(folder, identity, is_known=True)
    return Found(None, None, is_known=not has_unknown)


def _is_named(identity: Identity, given: list[str]) -> bool:
    """Tell whether its encoders are those that a config names, or the model's own where it names none."""
    return all(file.path in given for file in identity.files) if given else identity.is_default


def _possible_keys(given: list[str], dtype: str) -> Iterator[str]:
    """Make the keys of any two of the files, of which one may be the text encoder and one the VAE."""
    try:
        files = [EncoderFile.of(Path(path)) for path in given]
    except OSError:
        return
    for pair in itertools.permutations(files, 2):
        yield Identity(model="", dtype=dtype, files=pair).key


def _last_used(folder: Path) -> float:
    try:
        return (folder / "runs").stat().st_mtime
    except OSError:
        return 0.0


def _subfolders(folder: Path) -> list[Path]:
    try:
        return sorted(Path(entry.path) for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []
