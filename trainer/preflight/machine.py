"""Check the machine, as far as that goes without torch."""

import os
import shutil
import subprocess
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from trainer.contract.messages import message, sentence
from trainer.contract.plan.buckets import Buckets
from trainer.contract.plan.disk import cache_bytes, checkpoint_bytes
from trainer.contract.plan.memory import lora_parameters
from trainer.contract.plan.sizes import SIZES
from trainer.contract.problem import Problem
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
        return ok(message("check.driver_unneeded"))
    query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=ASK_LIMIT_S, check=False)
    except FileNotFoundError:
        if context.config.family.is_shipped:
            return ok(message("check.driver_of_tiny"))
        return warning(message("check.driver_missing", model=context.config.model))
    except subprocess.TimeoutExpired:
        return failure(message("driver_silent", limit_s=ASK_LIMIT_S))
    said = (answer.stdout if answer.returncode == 0 else answer.stderr or answer.stdout).strip().splitlines()
    if answer.returncode != 0:
        reason = said[-1] if said else sentence("check.exit_code", code=answer.returncode)
        return failure(message("driver_broken", reason=reason))
    if not said:
        return ok(message("check.driver_without_gpu"))
    return ok(message("check.driver", version=said[0].strip()))


def shared_memory(context: CheckContext) -> Finding:
    try:
        status = os.statvfs("/dev/shm")
    except OSError:
        size_bytes = 0
    else:
        size_bytes = status.f_frsize * status.f_bavail
    free_gb = size_bytes / 1e9
    if context.ranks == 1:
        return ok(message("check.shared_memory_one_rank", free_gb=free_gb))
    if size_bytes >= SHARED_BYTES:
        return ok(message("check.shared_memory", free_gb=free_gb))
    return warning(message("check.shared_memory_small", free_gb=free_gb))


def disk(context: CheckContext) -> Finding:
    """Check that the log folder's disk has room for cache and checkpoints. What is cached already counts again."""
    folder = _existing(context.logs_dir)
    free_bytes = shutil.disk_usage(folder).free
    checkpoint_bytes = _checkpoint_bytes(context)
    kept = context.config.keep_checkpoints
    checkpoints_bytes = checkpoint_bytes * ((kept or 10) + 2)  # the best one, and the one that is being written
    cache_bytes = _cache_bytes(context)
    wanted_bytes = cache_bytes + checkpoints_bytes + _ROOM_BYTES
    found = message(
        "check.disk_first" if kept is None else "check.disk",
        free=_size(free_bytes),
        cache=_size(cache_bytes),
        checkpoints=_size(checkpoints_bytes),
        kept=10 if kept is None else kept,
    )
    details = {"free_bytes": free_bytes, "cache_bytes": cache_bytes, "checkpoints_bytes": checkpoints_bytes}
    if free_bytes < 2 * checkpoint_bytes + _ROOM_BYTES:
        return failure(message("disk_full.check", found=found, folder=folder), **details)
    if free_bytes < wanted_bytes:
        return warning(message("check.disk_short", found=found, folder=folder), **details)
    return ok(found, **details)


def write_speed(context: CheckContext) -> Finding:
    """Measure how fast the log folder takes durable writes, as checkpoints need them."""
    folder = _existing(context.logs_dir)
    probe = folder / f".write-speed.{os.getpid()}"
    piece = os.urandom(_PIECE_BYTES)
    context.at(sentence("doing.writing", folder=folder))
    written, began = 0, time.perf_counter()
    try:
        with open(probe, "wb", buffering=0) as file:
            while written < _WRITTEN_BYTES and time.perf_counter() - began < _WRITING_S:
                written += file.write(piece)
                os.fsync(file.fileno())
        took_s = time.perf_counter() - began
    except OSError as error:
        return failure(message("logs_unwritable", folder=folder, reason=error.strerror))
    finally:
        with suppress(OSError):  # on a read-only disk also for one that is not there
            probe.unlink()
    speed = written / 1e6 / took_s
    if speed >= SLOW_MB_S:
        return ok(message("check.write_speed", mb_s=speed, folder=folder), mb_s=round(speed, 1))
    checkpoint = _size(_checkpoint_bytes(context))
    said = message("check.write_speed_low", mb_s=speed, folder=folder, checkpoint=checkpoint)
    return warning(said, mb_s=round(speed, 1))


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
        rows = context.table.rows
    except Problem:
        return 0  # said by the check of the data set
    clips: Counter[Shape] = Counter()
    for is_image, count in Counter(row.is_image for row in rows).items():
        clips[Buckets.of(config, is_image=is_image).largest] += count
    captions = {row.prompt for row in rows}
    return round(cache_bytes(clips, len(captions), sum(map(len, captions)), sizes, number_bytes).high)


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"
