"""Check the machine, as far as that goes without torch."""

import os
import shutil
import subprocess
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from trainer.contract.plan.buckets import candidates
from trainer.contract.plan.disk import cache_bytes, checkpoint_bytes, latent_bytes
from trainer.contract.plan.memory import lora_parameters
from trainer.contract.plan.sizes import SIZES
from trainer.contract.shape import Shape
from trainer.hardware.gpus import ASK_LIMIT_S
from trainer.preflight.checks import CheckContext, Finding, failure, ok, warning

SHARED_BYTES = 1 << 30
"""What several ranks need of /dev/shm."""
SLOW_MB_S = 20.0
_WRITTEN_BYTES, _PIECE_BYTES, _WRITING_S = 16 << 20, 4 << 20, 1.0
_ROOM_BYTES = 200 << 20
"""Logs and sample videos, of a run at its shortest."""


def driver(context: CheckContext) -> Finding:
    if context.on_cpu:
        return ok("No GPU is asked for: the run is on the CPU.")
    query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    hint = "Install the driver again, or restart the machine."
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=ASK_LIMIT_S, check=False)
    except FileNotFoundError:
        if context.config.model == "tiny-wan":
            return ok("There is no GPU: tiny-wan trains on the CPU.")
        hint = "Install a GPU and its driver, or train tiny-wan."
        return warning(f"There is no NVIDIA driver: {context.config.model} would train on the CPU, for ages", hint)
    except subprocess.TimeoutExpired:
        return failure("driver_silent", f"The driver does not answer: nvidia-smi took over {ASK_LIMIT_S:g} s.", hint)
    said = (answer.stdout if answer.returncode == 0 else answer.stderr or answer.stdout).strip().splitlines()
    if answer.returncode != 0:
        why = said[-1] if said else f"exit code {answer.returncode}"
        return failure("driver_broken", f"The driver does not work: nvidia-smi says {why!r}.", hint)
    return ok(f"NVIDIA driver {said[0].strip()}" if said else "nvidia-smi answers, and knows of no GPU")


def shared_memory(context: CheckContext) -> Finding:
    try:
        status = os.statvfs("/dev/shm")
    except OSError:
        size_bytes = 0
    else:
        size_bytes = status.f_frsize * status.f_bavail
    found = f"{size_bytes / 1e9:.1f} GB free in /dev/shm"
    if context.ranks == 1:
        return ok(f"{found}; one rank needs none")
    if size_bytes >= SHARED_BYTES:
        return ok(found)
    hint = "Ranks need 1 GB to talk to each other: mount -o remount,size=8G /dev/shm, or shm_size in Compose."
    return warning(found, hint)


def disk(context: CheckContext) -> Finding:
    """Check that the log folder's disk has room for cache and checkpoints. What is cached already counts again."""
    folder = _existing(context.logs_dir)
    free_bytes = shutil.disk_usage(folder).free
    checkpoint_bytes = _checkpoint_bytes(context)
    kept = context.config.keep_checkpoints
    checkpoints_bytes = checkpoint_bytes * ((kept or 10) + 2)  # the best one, and the one that is being written
    cache_bytes = _cache_bytes(context)
    wanted_bytes = cache_bytes + checkpoints_bytes + _ROOM_BYTES
    found = (
        f"{_size(free_bytes)} free; {_size(cache_bytes)} for the cache and "
        f"{_size(checkpoints_bytes)} for {'the first 10' if kept is None else kept} checkpoints"
    )
    details = {"free_bytes": free_bytes, "cache_bytes": cache_bytes, "checkpoints_bytes": checkpoints_bytes}
    hint = f"Make room on the disk of {folder}, or keep fewer checkpoints."
    if free_bytes < 2 * checkpoint_bytes + _ROOM_BYTES:
        return failure("disk_full", f"{found}.", hint, **details)
    return ok(found, **details) if free_bytes >= wanted_bytes else warning(found, hint, **details)


def write_speed(context: CheckContext) -> Finding:
    """Measure how fast the log folder takes durable writes, as checkpoints need them."""
    folder = _existing(context.logs_dir)
    probe = folder / f".write-speed.{os.getpid()}"
    piece = os.urandom(_PIECE_BYTES)
    context.at(f"writing to {folder}")
    written, began = 0, time.perf_counter()
    try:
        with open(probe, "wb", buffering=0) as file:
            while written < _WRITTEN_BYTES and time.perf_counter() - began < _WRITING_S:
                written += file.write(piece)
                os.fsync(file.fileno())
        took_s = time.perf_counter() - began
    except OSError as error:
        found = f"{folder} cannot be written: {error.strerror}."
        return failure("logs_unwritable", found, "Mend its rights or its disk, or choose another --logs-dir.")
    finally:
        with suppress(OSError):  # on a read-only disk also for one that is not there
            probe.unlink()
    speed = written / 1e6 / took_s
    found = f"{speed:.0f} MB/s to {folder}"
    if speed >= SLOW_MB_S:
        return ok(found, mb_s=round(speed, 1))
    hint = f"A checkpoint of {_size(_checkpoint_bytes(context))} takes long so: put the log folder on a faster disk."
    return warning(found, hint, mb_s=round(speed, 1))


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.is_dir())


def _checkpoint_bytes(context: CheckContext) -> int:
    return checkpoint_bytes(lora_parameters(context.config, SIZES[context.config.model]))


def _cache_bytes(context: CheckContext) -> int:
    """Estimate the cache's size at most, every row at the largest of its shapes; 0 if the table cannot be read."""
    config = context.config
    sizes, number_bytes = SIZES[config.model], 2 if context.cards else 4
    try:
        rows, _ = context.table
    except ValueError:
        return 0  # said by the check of the data set
    clips: Counter[Shape] = Counter()
    for is_image, count in Counter(row.is_image for row in rows).items():
        largest = max(candidates(config, is_image), key=lambda shape: latent_bytes(shape, sizes, number_bytes))
        clips[largest] += count
    captions = {row.prompt for row in rows}
    return round(cache_bytes(clips, len(captions), sum(map(len, captions)), sizes, number_bytes).high)


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"
