"""Inspect one file: check that it is there and as it was listed, then measure it."""

import hashlib
import os
import stat
from typing import IO

from trainer.scan.clip import read_header
from trainer.scan.damage import COPY, Damage, from_os_error, no_memory
from trainer.scan.frame_sampling import inspect_clip
from trainer.scan.image import inspect_image
from trainer.scan.messages import Inspect, Inspected
from trainer.scan.observation import Observation

_PIECE_BYTES = 64 << 10
_PIECES = 8


def inspect(job: Inspect) -> Inspected:
    """Inspect a file. If something is wrong with it, the answer says so."""
    fields = dict(job.header or {})
    try:
        with _opened(job) as file:
            fields["fingerprint"] = fields.get("fingerprint") or fingerprint(file)
            file.seek(0)
            found = _inspected(file, job)
            return Inspected(fields | found.fields, found.thumbnail)
    except MemoryError:
        damage = no_memory()
    except OSError as error:
        damage = from_os_error(error)
    except Damage as found_damage:
        damage = found_damage
    except Exception as error:  # a library that stumbles over the file: it is this row's matter alone
        said = f"{type(error).__name__}: {error}"[:200]
        damage = Damage("unreadable", f"It cannot be read ({said}). {COPY}")
    return Inspected(fields | {"damage": damage.word, "message": damage.message}, b"")


def fingerprint(file: IO[bytes]) -> str:
    """Hash the size and some pieces of a file, the first and the last among them, to 16 bytes as hex digits."""
    size = os.fstat(file.fileno()).st_size
    digest = hashlib.blake2b(str(size).encode(), digest_size=16)
    last = max(0, size - _PIECE_BYTES)
    for piece in range(_PIECES):
        digest.update(os.pread(file.fileno(), _PIECE_BYTES, last * piece // (_PIECES - 1)))
    return digest.hexdigest()


def _opened(job: Inspect) -> IO[bytes]:
    """Raises: Damage, OSError."""
    # Not to wait for a pipe's other end.
    fd = os.open(job.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        status = os.fstat(fd)
        if stat.S_ISDIR(status.st_mode):
            what = "It is a folder. Frames of a clip that lie in one have to be encoded as a video first."
            raise Damage("not_a_file", what)
        if not stat.S_ISREG(status.st_mode):
            raise Damage("not_a_file", "It is a pipe or a device. Leave it out.")
        if (status.st_size, status.st_mtime_ns) != (job.size_bytes, job.changed_ns):
            raise Damage("changed", "It has been changed since it was listed. Import the data set again.")
        if not status.st_size:
            raise Damage("empty", f"It is empty. {COPY}")
        return os.fdopen(fd, "rb")
    except BaseException:
        os.close(fd)
        raise


def _inspected(file: IO[bytes], job: Inspect) -> Observation:
    if job.is_image:
        return inspect_image(file, deep=job.header is not None)
    return Observation(read_header(file)) if job.header is None else inspect_clip(file, job.header)
