"""Rendezvous: check that all ranks reach each other, and name those that did not arrive.

Before anything else collective, and within a limit: a rank that is missing is named instead of waited for.
"""

import atexit
import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import torch
from torch import distributed
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous as torch_rendezvous

from trainer.contract.messages import message, sentence
from trainer.contract.problem import Problem
from trainer.distributed.world import World

LIMIT_S = 30.0
STAGES = ("device", "group", "all_reduce", "done")
"""What a rank of a run goes through."""
_LOOK_S = 0.05
_stores: list[Store] = []
"""Kept, for without torchrun rank 0 has the store, and the others ask it until they are through."""
_SILENT_S = 3.0
"""A rank that waits shows that it lives twenty times a second."""


def connect(world: World, device: torch.device, store: Store, limit_s: float) -> None:
    """Make the ranks a process group, by NCCL on GPUs and by gloo on the CPU."""
    distributed.init_process_group(
        "nccl" if device.type == "cuda" else "gloo",
        store=store,
        rank=world.rank,
        world_size=world.size,
        timeout=timedelta(seconds=limit_s),
    )


def check_all_reduce(world: World, device: torch.device) -> None:
    """Do an all-reduce whose sum is known. Raises: Problem if the sum is wrong."""
    number = torch.full((1024,), float(world.rank + 1), device=device)
    distributed.all_reduce(number)
    wanted = world.size * (world.size + 1) / 2
    if not bool((number == wanted).all()):  # waits for the GPU
        raise Problem(message("all_reduce_wrong", rank=world.rank, found=float(number[0]), wanted=wanted))


def check_message(world: World, device: torch.device, source: int, target: int) -> None:
    """Send a message from one rank to another; only these two call it. Raises: Problem if it arrives damaged."""
    numbers = torch.full((1024,), float(source + 1), device=device)
    if world.rank == source:
        distributed.send(numbers, target)
    else:
        numbers.zero_()
        distributed.recv(numbers, source)
        if not bool((numbers == source + 1).all()):
            raise Problem(message("message_damaged", source=source, target=target))
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def rank_name(rank: int, device: torch.device | str) -> str:
    """Name a rank for people. Ranks of one host have the GPU of their number."""
    on_gpu = (device if isinstance(device, str) else device.type) == "cuda"
    return sentence("rank.on_gpu" if on_gpu else "rank.named", rank=rank)


def rendezvous(world: World, device: torch.device, check_stop: Callable[[], None], limit_s: float = LIMIT_S) -> None:
    """Let the ranks of a run, started by torchrun, reach each other once. Leaves no process group behind.

    Raises: Problem (rank_missing) within about twice the limit, whatever hangs; Stopped.
    """
    progress = _Progress(PrefixStore("meeting", _store(world, limit_s)), world, device, limit_s)
    deadline = time.monotonic() + limit_s
    progress.reach("group")
    progress.await_all("group", deadline, check_stop)
    failed: list[BaseException] = []

    def work() -> None:
        try:
            if device.type == "cuda":
                torch.cuda.set_device(device)  # is the thread's
            # By a store of its own: one that waits lets nobody else ask.
            connect(world, device, PrefixStore("meeting/group", _store(world, limit_s)), limit_s)
            progress.reach("all_reduce")
            check_all_reduce(world, device)
            progress.reach("done")
        except BaseException as error:
            failed.append(error)

    # NCCL blocks where no limit reaches it. So the rank waits here, and leaves the thread to its fate.
    thread = threading.Thread(target=work, name="meeting", daemon=True)
    deadline = time.monotonic() + limit_s
    thread.start()
    while thread.is_alive() and time.monotonic() < deadline:
        check_stop()
        progress.beat()
        thread.join(_LOOK_S)
    if thread.is_alive():
        atexit.register(os._exit, 1)  # NCCL may keep a process that ends as long as it keeps the thread
    if thread.is_alive() or failed:
        if failed and isinstance(failed[0], Problem):
            raise failed[0]
        raise progress.missing("done", failed[0] if failed else None)
    progress.await_all("done", deadline, check_stop)  # a group that is taken down early breaks those still in it
    distributed.destroy_process_group()


def _store(world: World, limit_s: float) -> Store:
    """Connect to torchrun's store, which every rank can reach."""
    made = torch_rendezvous("env://", world.rank, world.size, timeout=timedelta(seconds=limit_s))
    store: Store = next(iter(made))[0]
    _stores.append(store)
    return store


class _Progress:
    """Share how far each rank has come, through the store."""

    def __init__(self, store: Store, world: World, device: torch.device, limit_s: float) -> None:
        self._store, self._world, self._device, self._limit_s = store, world, device, limit_s

    def reach(self, stage: str) -> None:
        self._store.set(f"{stage}/{self._world.rank}", str(os.getpid()))

    def await_all(self, stage: str, deadline: float, check_stop: Callable[[], None]) -> None:
        """Raises: Problem, Stopped."""
        while self._behind(stage):
            check_stop()
            if time.monotonic() > deadline:
                raise self.missing(stage)
            time.sleep(_LOOK_S)

    def missing(self, stage: str, error: BaseException | None = None) -> Problem:
        """Name the ranks that have not come so far; if all have, say that the connection does not work."""
        stages = STAGES[1 : STAGES.index(stage) + 1]
        for each in stages:
            behind = self._behind(each)
            if behind and len(behind) < self._world.size and self._world.rank not in behind:
                names = " and ".join(rank_name(rank, self._device) for rank in behind)
                was = sentence(f"rank.was_{STAGES[STAGES.index(each) - 1]}")
                return Problem(message("rank_missing.late", ranks=names, limit_s=self._limit_s, was=was))
        if silent := self._silent():
            names = " and ".join(rank_name(rank, self._device) for rank in silent)
            return Problem(message("rank_missing.silent", ranks=names))
        ranks, limit_s = self._world.size, self._limit_s
        if error and str(error).strip():
            reason = str(error).strip().splitlines()[0][:200]
            return Problem(message("ranks_unconnected.run_because", ranks=ranks, limit_s=limit_s, reason=reason))
        return Problem(message("ranks_unconnected.run", ranks=ranks, limit_s=limit_s))

    def beat(self) -> None:
        """Show that this process gets on, whatever its connection does."""
        self._store.set(f"beat/{self._world.rank}", str(time.monotonic()))

    def _silent(self) -> list[int]:
        """List the ranks that have shown no beat for a while. Ranks at this point watch each other."""
        others = [rank for rank in range(self._world.size) if rank != self._world.rank]
        first = {rank: self._last_beat(rank) for rank in others}
        until = time.monotonic() + _SILENT_S
        while others and time.monotonic() < until:
            self.beat()
            time.sleep(_LOOK_S)
            others = [rank for rank in others if self._last_beat(rank) == first[rank]]
        return others

    def _last_beat(self, rank: int) -> bytes:
        key = f"beat/{rank}"
        return self._store.get(key) if self._store.check([key]) else b""

    def _behind(self, stage: str) -> list[int]:
        return [rank for rank in range(self._world.size) if not self._store.check([f"{stage}/{rank}"])]
