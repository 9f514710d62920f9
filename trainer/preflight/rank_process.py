"""Check one rank's connections: `python -m trainer.preflight.rank_process PARENT STORE LIMIT_S`.

It tells on its standard output which stage it enters, a JSON value a line, and with which error it ended.
"""

import faulthandler
import itertools
import os
import signal
import sys
from collections.abc import Callable

import msgspec

from trainer.distributed.world import World
from trainer.supervision.piped_process import die_with


class RankMessage(msgspec.Struct, omit_defaults=True):
    stage: str = ""
    device: str = ""
    error: str = ""
    code: str = ""
    hint: str = ""


def pairs(ranks: int) -> list[tuple[int, int]]:
    """List who sends to whom, in order: each two ranks, and at once the other way round."""
    both = (((low, high), (high, low)) for low, high in itertools.combinations(range(ranks), 2))
    return list(itertools.chain.from_iterable(both))


def stages(ranks: int) -> list[str]:
    """List all stages in their order. A rank enters those that it has a part in."""
    return ["start", "device", "group", *(f"{a}>{b}" for a, b in pairs(ranks)), "all_reduce", "done"]


def main(argv: list[str]) -> int:
    die_with(int(argv[0]))
    replies = os.dup(1)
    os.dup2(2, 1)
    faulthandler.register(signal.SIGUSR1, all_threads=True)  # to the log

    def send(message: RankMessage) -> None:
        os.write(replies, msgspec.json.encode(message) + b"\n")

    try:
        _rendezvous(World.from_environment(), argv[1], float(argv[2]), send)
    except Exception as error:
        text = (str(error).strip().splitlines() or [""])[0][:300]
        message = getattr(error, "message", None) or f"{type(error).__name__}: {text}"
        send(RankMessage(error=message, code=getattr(error, "code", "") or "", hint=getattr(error, "hint", "") or ""))
        return 1
    sys.stdin.read()  # so that none takes the group down while others are in it
    return 0


def _rendezvous(world: World, store_file: str, limit_s: float, send: Callable[[RankMessage], None]) -> None:
    send(RankMessage(stage="start"))
    import torch
    from torch.distributed import FileStore  # type: ignore[attr-defined] # which its stubs leave out

    from trainer.distributed import process_group, rendezvous

    send(RankMessage(stage="device"))
    device = process_group.bind_device(world)
    torch.ones(1, device=device).sum().item()
    send(RankMessage(stage="group", device=str(device)))
    rendezvous.connect(world, device, FileStore(store_file, world.size), limit_s)
    for source, target in pairs(world.size):
        if world.rank in (source, target):
            send(RankMessage(stage=f"{source}>{target}"))
            rendezvous.check_message(world, device, source, target)
    send(RankMessage(stage="all_reduce"))
    rendezvous.check_all_reduce(world, device)
    send(RankMessage(stage="done"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
