"""A rank that reaches the others, or stops itself on the way: `python -m tests.harness.rendezvous_rank WHERE LIMIT_S`.

WHERE is the function of `trainer.distributed.rendezvous` in whose place rank 1 stops itself, or "nowhere".
"""

import os
import signal
import sys

import torch

from trainer.contract.problem import Problem
from trainer.distributed import rendezvous
from trainer.distributed.world import World

if __name__ == "__main__":
    where, limit_s = sys.argv[1], float(sys.argv[2])
    world = World.from_environment()
    if world.rank == 1 and where != "nowhere":
        setattr(rendezvous, where, lambda *_: os.kill(os.getpid(), signal.SIGSTOP))
    try:
        rendezvous.rendezvous(world, torch.device("cpu"), lambda: None, limit_s=limit_s)
    except Problem as problem:
        print(problem.code, problem.message, flush=True)
        sys.exit(1)
    assert not torch.distributed.is_initialized()
    print("met", flush=True)
    if world.rank == 0:
        sys.stdin.read()  # the store is this rank's, where there is no torchrun
