"""Store what the frozen encoders make of the data set: one safetensors file per clip and one per caption.

Files are written whole under another name and renamed, so that a killed run leaves none that is torn; a torn one all
the same (a full disk, a bad copy) counts as missing. One whose bytes have changed is found by its checksum when it is
read. Runs with the same data, size and model share a cache; other settings have other keys. A clip that could not be
decoded leaves a note, so that every rank knows it and no later run tries again.

Tensor names end in their axes: B batch, C channels, F latent frames, H height, W width, T tokens, D features.
"""

import json
import os
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import msgspec
import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open

from trainer.contract.cache import identity, media_header, tokenizer
from trainer.contract.cache.entries import entry_path, note_path
from trainer.contract.cache.identity import Identity
from trainer.contract.messages import sentence
from trainer.contract.rundir import write_atomic
from trainer.data.unusable import Unusable

_CHECKSUM = "crc32"
_CAPTION_TOKENS = "caption_tokens"
_NONE: Mapping[str, torch.Tensor] = MappingProxyType({})
_PLAIN_DTYPES = {torch.float32: "fp32", torch.bfloat16: "bf16"}


class Damaged(Exception):
    """Raised if the cache entry `key` cannot be read as it was written."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(reason)
        self.key = key


class LatentCache:
    """Read and write the entries of one model in one number format. `trainer.contract.cache.keys` makes keys.

    `tokenizer` is what `text_key` has to name, as `trainer.contract.cache.tokenizer` says. `attempt` names the attempt:
    its ranks share notes on what cannot be read at the moment, and no other attempt does.
    """

    def __init__(self, root: Path, attempt: str = "", tokenizer: str = "", encoders: Identity | None = None) -> None:
        self.root = root
        self.attempt, self.tokenizer, self._encoders = attempt, tokenizer, encoders

    @classmethod
    def of(
        cls, folder: Path, model: str, encoder_files: Iterable[Path], dtype: torch.dtype, attempt: str = ""
    ) -> "LatentCache":
        """Open the cache in `folder` of a model whose encoders are in `encoder_files`."""
        found = Identity.of(model, _PLAIN_DTYPES[dtype], encoder_files)
        return cls(folder / model / found.key, attempt, encoders=found)

    @property
    def headers(self) -> Path:
        """Return the path where `trainer.data.media_headers` remembers the headers of media files."""
        return self.root / media_header.NAME

    @property
    def tokenizer_note(self) -> Path:
        """Return the path where `trainer.contract.cache.tokenizer` notes which given tokenizer the cache began with."""
        return self.root / tokenizer.NAME

    def with_tokenizer(self, name: str) -> "LatentCache":
        """Return the same cache for captions of another tokenizer."""
        return LatentCache(self.root, self.attempt, name, self._encoders)

    def note_identity(self, *, is_default: bool, own_tokenizer: str) -> None:
        """Write `identity.json`, by which a plan finds the folder. Raises: OSError."""
        if self._encoders is not None:
            before = identity.read(self.root)
            is_default = is_default or (before is not None and before.is_default)
            found = msgspec.structs.replace(self._encoders, is_default=is_default, own_tokenizer=own_tokenizer)
            found.write(self.root)

    @property
    def number_bytes(self) -> int:
        """Return the bytes of a number in the entries."""
        return 2 if self._encoders is not None and self._encoders.dtype == "bf16" else 4

    def has_clip(self, key: str) -> bool:
        return _is_whole(self._path(key))

    def has_text(self, key: str) -> bool:
        return _is_whole(self._path(key))

    def caption_tokens(self, key: str) -> int | None:
        """Read how many tokens the caption has, uncut. None if there is no entry; 0 for one that does not tell, as of
        before this was kept. It costs no more than `has_text`, and reads no context."""
        try:
            with open(self._path(key), "rb") as file:
                header = _whole_header(file)
                if header is None or _CAPTION_TOKENS not in header:
                    return None if header is None else 0
                file.seek(header[_CAPTION_TOKENS]["data_offsets"][0], os.SEEK_CUR)
                (tokens,) = struct.unpack("<q", file.read(8))
        except (FileNotFoundError, struct.error, TypeError, LookupError):
            return None
        return int(tokens)

    def unusable(self, key: str) -> Unusable | None:
        """Read the note on a clip that cannot be decoded; None if there is none, a torn one, or one of another attempt
        on what was so at that moment."""
        try:
            fields = json.loads(self._note(key).read_bytes())
            return Unusable(**fields) if fields.pop("attempt", self.attempt) == self.attempt else None
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return None

    def write_clip(self, key: str, latents_BCFHW: torch.Tensor) -> None:
        self._write(key, {"latents_BCFHW": latents_BCFHW})

    def write_text(self, key: str, context_BTD: torch.Tensor, caption_tokens: int = 0) -> None:
        """Write a caption's context without its padding, which is all zeros (DiffSynth's prompt unit makes it so).

        `caption_tokens`: how many the caption has before it is cut to the context's length; 0 if that is not known.
        """
        used = int(context_BTD.abs().sum(dim=(0, 2)).nonzero().max()) + 1 if context_BTD.any() else 1
        tokens = torch.tensor(context_BTD.shape[1])
        entry = {"context_BTD": context_BTD[:, :used].clone(), "tokens": tokens}
        self._write(key, entry, {_CAPTION_TOKENS: torch.tensor(caption_tokens)} if caption_tokens else {})

    def write_unusable(self, key: str, note: Unusable) -> None:
        path = self._note(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        attempt = {"attempt": self.attempt} if note.is_passing else {}
        write_atomic(path, json.dumps(asdict(note) | attempt).encode())

    def read_clip(self, key: str) -> torch.Tensor:
        """Read a clip's latents_BCFHW. Raises: Damaged."""
        (latents_BCFHW,) = self._load(key, "latents_BCFHW")
        return latents_BCFHW

    def read_text(self, key: str) -> torch.Tensor:
        """Read a caption's context_BTD, padded to the tokenizer's length again. Raises: Damaged."""
        context_BTD, tokens = self._load(key, "context_BTD", "tokens")
        return torch.nn.functional.pad(context_BTD, (0, 0, 0, int(tokens) - context_BTD.shape[1]))

    def _write(self, key: str, tensors: dict[str, torch.Tensor], unchecked: Mapping[str, torch.Tensor] = _NONE) -> None:
        """Write an entry. `unchecked` are beside the tensors that are read together, whose checksum the file has."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        on_cpu = {name: tensor.detach().to("cpu").contiguous() for name, tensor in tensors.items()}
        write_atomic(path, safetensors.torch.save({**on_cpu, **unchecked}, {_CHECKSUM: _checksum(on_cpu)}))

    def _load(self, key: str, *names: str) -> list[torch.Tensor]:
        """Read the named tensors and compare their checksum, if the file has one. Raises: Damaged."""
        try:
            with safe_open(self._path(key), framework="pt") as file:
                expected = (file.metadata() or {}).get(_CHECKSUM)
                tensors = {name: file.get_tensor(name) for name in names}
        except (OSError, SafetensorError, KeyError) as error:
            raise Damaged(key, str(error)) from error
        if expected not in (None, _checksum(tensors)):
            raise Damaged(key, sentence("cached.bytes_differ"))
        return list(tensors.values())

    def _path(self, key: str) -> Path:
        return entry_path(self.root, key)

    def _note(self, key: str) -> Path:
        return note_path(self.root, key)


def _checksum(tensors: dict[str, torch.Tensor]) -> str:
    """Compute a CRC of the tensors' bytes. It costs a thousandth of a step and misses one damage in four billion."""
    crc = 0
    for name in sorted(tensors):
        crc = zlib.crc32(tensors[name].reshape(-1).view(torch.uint8).numpy().data, crc)
    return f"{crc:08x}"


def _is_whole(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            return _whole_header(file) is not None
    except FileNotFoundError:
        return False


def _whole_header(file: BinaryIO) -> dict[str, Any] | None:
    """Read the header of a safetensors file; None unless the file's size matches it
    (https://huggingface.co/docs/safetensors). The tensors begin where it leaves the file."""
    try:
        (header_bytes,) = struct.unpack("<Q", file.read(8))
        size = os.fstat(file.fileno()).st_size
        if header_bytes > size:
            return None
        header: dict[str, Any] = json.loads(file.read(header_bytes))
        header.pop("__metadata__", None)
        end = max(tensor["data_offsets"][1] for tensor in header.values())
    except (struct.error, ValueError, KeyError, TypeError, AttributeError):
        return None
    return header if size == 8 + header_bytes + end else None
