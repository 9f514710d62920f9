"""Start an attempt of a run under its shim, and tell by the run's lock whether anything of it may be alive.

The lock is taken before the shim is forked and inherited by it, so no moment is between "launched" and "locked". It
is a flock: the kernel frees it when its last holder is gone, however it went. Not to be trusted on NFS.
"""

import os
import subprocess
import sys
from pathlib import Path

from trainer.contract.config import RunConfig, load_stored_config
from trainer.contract.flock import is_held, take
from trainer.contract.messages import message
from trainer.contract.problem import Problem
from trainer.contract.rundir import RunDir, is_run_id
from trainer.contract.token import TOKEN, TOKEN_FILE
from trainer.hardware.gpus import check_count, visible_gpus
from trainer.supervision import shim

GRACE_S = 120.0
"""From a stop request to SIGTERM: a step, a checkpoint and some to spare."""
KILL_S = 60.0
"""From SIGTERM to SIGKILL: torchrun gives its ranks 30 s."""


def take_lock(run: RunDir, wait_s: float = 2.0) -> int | None:
    """Take the lock. Returns its file descriptor, or None if another holds it for `wait_s`.

    The wait is for `is_alive`, whose look takes the lock for a moment.
    """
    fd = os.open(run.lock, os.O_CREAT | os.O_RDWR, 0o644)
    if take(fd, wait_s):
        return fd
    os.close(fd)
    return None


def is_alive(run: RunDir) -> bool:
    """Tell whether the shim of any attempt lives."""
    return is_held(run.lock)


def alive_runs(logs_dir: Path) -> list[RunDir]:
    """List the runs below `logs_dir` of which anything may be alive, by name; none if it cannot be read."""
    try:
        names = sorted(entry.name for entry in os.scandir(logs_dir) if is_run_id(entry.name) and entry.is_dir())
        return [run for run in (RunDir(logs_dir / name) for name in names) if is_alive(run)]
    except OSError:
        return []


def rank_count(config: RunConfig, gpus: list[str]) -> int:
    return config.num_processes or max(1, len(gpus))


def launched_ranks(run: RunDir, gpus: list[str]) -> int:
    """Count the ranks to launch. If the config cannot run it is one, which says so in the run's own log."""
    try:
        ranks = rank_count(load_stored_config(run.config), gpus)
        check_count(ranks, gpus)
    except Problem:
        return 1
    return ranks


def command(run: RunDir, attempt: int, ranks: int) -> list[str]:
    """Make the shim's command: the rank itself, or torchrun with all of them."""
    rank = ["-m", "trainer.train", str(run.path), str(attempt)]
    if ranks == 1:
        return [sys.executable, *rank]
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)]
    return [sys.executable, *torchrun, *rank]


def environment(ranks: int, gpus: list[str]) -> dict[str, str]:
    """Make the ranks' environment. On the CPU they share the cores, unless a person sets OMP_NUM_THREADS. The token is
    kept from them, for they do not need it.
    """
    values = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1"}
    for name in (TOKEN, TOKEN_FILE):
        values.pop(name, None)
    if not gpus:
        cores = len(os.sched_getaffinity(0))
        values.setdefault("OMP_NUM_THREADS", str(max(1, cores // ranks)))
        values |= {"ACCELERATE_USE_CPU": "true", "DS_ACCELERATOR": "cpu"}
    return values


def launch(run: RunDir, attempt: int) -> subprocess.Popen[bytes]:
    """Start the attempt; what comes back is its shim.

    Raises: Problem (it runs already, or this attempt did), OSError (a full disk, no folder).
    """
    gpus = visible_gpus()
    ranks = launched_ranks(run, gpus)
    return start_shim(run, attempt, command(run, attempt, ranks), ranks, environment(ranks, gpus))


def start_shim(
    run: RunDir,
    attempt: int,
    argv: list[str],
    world_size: int,
    env: dict[str, str] | None = None,
    grace_s: float = GRACE_S,
    kill_s: float = KILL_S,
) -> subprocess.Popen[bytes]:
    """Run `argv` as the attempt, under a shim in a session of its own. Raises: as `launch`."""
    lock = take_lock(run)
    if lock is None:
        raise Problem(message("run_alive", run=run.run_id))
    try:
        if run.log(attempt, -1).exists():
            raise Problem(message("attempt_used", attempt=attempt, run=run.run_id))
        with open(run.text_log(attempt), "ab") as log:
            # -I -S: it needs no package and must not be touched by the environment's.
            line = [sys.executable, "-I", "-S", shim.__file__, str(run.path.resolve()), str(attempt), str(lock)]
            line += [str(world_size), str(grace_s), str(kill_s), "--", *argv]
            return subprocess.Popen(
                line,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=env,
                pass_fds=[lock],
                start_new_session=True,
            )
    finally:
        os.close(lock)
