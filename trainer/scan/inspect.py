"""Inspect one file: check that it is there and as it was listed, then measure it."""

import os
import stat
from typing import IO

from trainer.contract.cache.fingerprint import fingerprint
from trainer.contract.messages import message
from trainer.media.damage import Damage, from_os_error
from trainer.media.header import read_header
from trainer.scan.clip_fields import clip_fields
from trainer.scan.frame_sampling import inspect_clip
from trainer.scan.image import inspect_image
from trainer.scan.messages import Inspect, Inspected
from trainer.scan.observation import Observation


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
        damage = Damage(message("too_big.memory"))
    except OSError as error:
        damage = from_os_error(error)
    except Damage as found_damage:
        damage = found_damage
    except Exception as error:  # a library that stumbles over the file: it is this row's matter alone
        damage = Damage(message("unreadable", error=f"{type(error).__name__}: {error}"[:200]))
    return Inspected(fields | damage.fields, b"")


def _opened(job: Inspect) -> IO[bytes]:
    """Raises: Damage, OSError."""
    # Not to wait for a pipe's other end.
    fd = os.open(job.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        status = os.fstat(fd)
        if stat.S_ISDIR(status.st_mode):
            raise Damage(message("not_a_file.folder"))
        if not stat.S_ISREG(status.st_mode):
            raise Damage(message("not_a_file.device"))
        if (status.st_size, status.st_mtime_ns) != (job.size_bytes, job.changed_ns):
            raise Damage(message("changed"))
        if not status.st_size:
            raise Damage(message("empty"))
        return os.fdopen(fd, "rb")
    except BaseException:
        os.close(fd)
        raise


def _inspected(file: IO[bytes], job: Inspect) -> Observation:
    if job.is_image:
        return inspect_image(file, deep=job.header is not None)
    return Observation(clip_fields(read_header(file))) if job.header is None else inspect_clip(file, job.header)
