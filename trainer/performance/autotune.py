"""Choose how the DiT is computed on this machine, mostly by measuring.

Each of these is chosen by itself: whether the DiT's blocks are compiled, the kernel of its attention, how many of its
blocks are recomputed backwards, and whether a step is a CUDA graph. A kernel or a compilation that does not work here
is not chosen; a graph is, and given up where it cannot be recorded. Float8 is only where the config asks for it.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from trainer.contract.config import RunConfig
from trainer.contract.messages import sentence
from trainer.distributed.world import World
from trainer.models.wan import dit, flow_matching
from trainer.models.wan.dit import Attend, FastDit, by_torch
from trainer.models.wan.pipeline import Pipe
from trainer.performance import float8

USABLE = 0.92
"""The share of a card's memory that a step may take; the rest is the allocator's and the driver's."""
GRAPHED_SHARE, UNGRAPHED_BYTES = 0.5, 24_000_000_000
"""A graph keeps the memory of its step, which evaluations and samples then lack: it may be this share of the card's, or
leave so much of it."""
_TIMED, _ROUNDS = 5, 4


@dataclass
class Choices:
    """What was chosen for a run on one rank. Memory is in bytes, 0 if it was not measured."""

    compiled: bool
    attention: str
    blocks: int
    checkpointed: int
    graphed: bool
    peak_bytes: int = 0
    uncompiled_because: str = ""
    """What torch.compile said, where it was tried in vain."""
    shared_by: int = 1
    """How many ranks share the frozen base."""
    float8: bool = False
    no_float8_because: str = ""
    """Why it is not, where it was asked for."""

    def text(self) -> str:
        """Describe the choices in a few words, for the person who reads the log."""
        parts = [
            sentence("chosen.compiled" if self.compiled else "chosen.uncompiled"),
            sentence("chosen.attention", kernel=self.attention),
            sentence("chosen.recomputed", recomputed=self.checkpointed, blocks=self.blocks),
            *([sentence("chosen.float8")] if self.float8 else []),
            *([sentence("chosen.graph")] if self.graphed else []),
            *([sentence("chosen.shared", ranks=self.shared_by)] if self.shared_by > 1 else []),
            *([sentence("chosen.peak", peak_gb=self.peak_bytes / 1e9)] if self.peak_bytes else []),
        ]
        return ", ".join(parts)

    def details(self) -> dict[str, Any]:
        """Describe the choices for programs that read the log."""
        return {
            "compiled": self.compiled,
            "attention": self.attention,
            "blocks": self.blocks,
            "recomputed_blocks": self.checkpointed,
            "cuda_graph": self.graphed,
            "float8_base": self.float8,
            "base_shared_by": self.shared_by,
            **({"peak_bytes": self.peak_bytes} if self.peak_bytes else {}),
        }


def choose(pipe: Pipe, config: RunConfig, inputs: dict[str, Any]) -> Choices:
    """Put our DiT into `pipe` and find out how it goes best with samples like `inputs`.

    Gradients are gone afterwards; torch's generators are where they were on the CPU alone.
    """
    device = inputs["input_latents"].device
    blocks = len(pipe.dit.blocks)
    no_float8 = float8.why_unavailable(device, pipe.torch_dtype) if config.float8_base else ""
    if device.type != "cuda":
        fast = FastDit(pipe, compiled=False)
        fast.checkpointed = blocks if config.use_gradient_checkpointing is True else 0
        return Choices(False, "PyTorch", blocks, fast.checkpointed, False, no_float8_because=no_float8)
    in_float8 = config.float8_base and not no_float8
    if in_float8:
        float8.replace_linears(pipe)
    name, attend = fastest_attention(pipe, inputs)
    fast = FastDit(pipe, attend=attend, compiled=True)
    fast.checkpointed = blocks
    because = why_uncompiled(pipe, fast, inputs)
    total = torch.cuda.get_device_properties(device).total_memory
    if config.use_gradient_checkpointing == "auto":
        peak = choose_checkpointed(pipe, fast, inputs, int(total * USABLE))
    else:
        fast.checkpointed = blocks if config.use_gradient_checkpointing else 0
        peak = peak_bytes(pipe, inputs)
    graphed = 0 < peak < max(total * GRAPHED_SHARE, total - UNGRAPHED_BYTES)
    return Choices(
        compiled=not because,
        attention=name,
        blocks=blocks,
        checkpointed=fast.checkpointed,
        graphed=graphed,
        peak_bytes=peak,
        uncompiled_because=because,
        float8=in_float8,
        no_float8_because=no_float8,
    )


def shard_base(pipe: Pipe, inputs: dict[str, Any], world: World) -> Choices:
    """Put our DiT into `pipe`, sharded over the ranks; the rest goes to the device of `inputs`. The pipeline may be on
    the CPU before.

    Nothing is measured but the attention: a pass is one of all ranks, and each would need another number of them.
    """
    device, blocks = inputs["input_latents"].device, len(pipe.dit.blocks)
    name, attend = fastest_attention(pipe, inputs) if device.type == "cuda" else ("PyTorch", by_torch)
    FastDit(pipe, attend=attend, compiled=False).shard_base(world, device)
    pipe.dit.to(device)
    pipe.device = device
    return Choices(False, name, blocks, blocks, False, shared_by=world.size)


def choose_checkpointed(pipe: Pipe, fast: FastDit, inputs: dict[str, Any], budget_bytes: int) -> int:
    """Recompute as few blocks as fit into the budget. The peak in bytes, 0 where not even all of them fit."""
    blocks = len(pipe.dit.blocks)
    fast.checkpointed = blocks
    least = peak_bytes(pipe, inputs)
    fast.checkpointed = blocks - 1
    more = peak_bytes(pipe, inputs)
    if not least or not more:
        fast.checkpointed = blocks
        return least
    fast.checkpointed = blocks - min(blocks, max(0, budget_bytes - least) // max(1, more - least))
    while fast.checkpointed < blocks:
        peak = peak_bytes(pipe, inputs)
        if 0 < peak <= budget_bytes:
            return peak
        fast.checkpointed = min(blocks, fast.checkpointed + 1 + blocks // 10)
    return least


def peak_bytes(pipe: Pipe, inputs: dict[str, Any]) -> int:
    """Measure the most memory that a forward and backward pass takes; 0 if it does not fit."""
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    try:
        _pass(pipe, inputs)
    except torch.OutOfMemoryError:
        return 0
    finally:
        _drop_gradients(pipe)
    return torch.cuda.max_memory_allocated()


def fastest_attention(pipe: Pipe, inputs: dict[str, Any]) -> tuple[str, Attend]:
    """Time the attention kernels, forward and backward, at the size of `inputs`. Returns the fastest that runs here."""
    latents_BCFHW = inputs["input_latents"]
    heads, size = pipe.dit.blocks[0].self_attn.num_heads, pipe.dit.blocks[0].self_attn.head_dim
    _, _, frames, height, width = latents_BCFHW.shape
    _, by_h, by_w = pipe.dit.patch_size
    shape = (latents_BCFHW.shape[0], heads, frames * (height // by_h) * (width // by_w), size)
    q, k, v = (
        torch.randn(shape, device=latents_BCFHW.device, dtype=pipe.torch_dtype, requires_grad=True) for _ in "qkv"
    )
    work = {name: partial(_attend_and_back, attend, q, k, v) for name, attend in dit.ATTENTIONS.items()}
    timed = {"PyTorch": _seconds(work.pop("PyTorch"))}  # which runs everywhere; what it raises is an error
    for name, once in work.items():
        with suppress(RuntimeError):  # what PyTorch raises for a kernel that this card, format or size does not have
            timed[name] = _seconds(once)
    name = min(timed, key=lambda name: timed[name])
    return name, dit.ATTENTIONS[name]


def _attend_and_back(attend: Attend, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> None:
    attend(q, k, v).sum().backward()  # type: ignore[no-untyped-call]


def _seconds(work: Callable[[], None]) -> float:
    """Time some calls of `work` after a first one, until the GPU has finished; the shortest of several rounds, for
    disturbances only make a measurement longer.
    """
    work()
    rounds = []
    for _ in range(_ROUNDS):
        _wait()
        began = time.perf_counter()
        for _ in range(_TIMED):
            work()
        _wait()
        rounds.append(time.perf_counter() - began)
    return min(rounds)


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def why_uncompiled(pipe: Pipe, fast: FastDit, inputs: dict[str, Any]) -> str:
    """Try the compiled blocks; say in torch.compile's words why they cannot be compiled, and undo it. Empty if they
    can.
    """
    try:
        _pass(pipe, inputs)
    except torch.OutOfMemoryError:
        return ""
    except Exception as error:  # torch.compile raises whatever Triton, the compiler or the driver does
        fast.uncompile()
        return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:200]}"
    finally:
        _drop_gradients(pipe)
    return ""


def _pass(pipe: Pipe, inputs: dict[str, Any]) -> None:
    flow_matching.loss(pipe, inputs, flow_matching.draw(pipe, inputs)).backward()  # type: ignore[no-untyped-call]


def _drop_gradients(pipe: Pipe) -> None:
    for parameter in pipe.dit.parameters():
        parameter.grad = None
