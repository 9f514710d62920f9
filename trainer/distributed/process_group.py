"""Bind each rank's device, connect the ranks, and sum numbers over them."""

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import torch

from trainer.contract.config import RunConfig
from trainer.distributed.parallelism import Parallelism
from trainer.distributed.world import World

COLLECTIVE_LIMIT = timedelta(minutes=30)
"""No collective waits longer: above a long sample video or a save to a slow disk, far below an unnoticed night."""


def bind_device(world: World) -> torch.device:
    """Make this rank's device the current one, before anything collective: NCCL guesses otherwise, and hangs."""
    if os.environ.get("ACCELERATE_USE_CPU") == "true" or not torch.cuda.is_available():
        return torch.device("cpu")
    device = torch.device("cuda", world.local_rank)
    torch.cuda.set_device(device)
    return device


def connect(config: RunConfig, world: World, device: torch.device) -> Any:
    """Make Accelerate's Accelerator for the config, with the ranks connected."""
    from accelerate import Accelerator, InitProcessGroupKwargs

    on_cpu = device.type == "cpu"
    handlers: list[Any] = []
    if world.size > 1:
        # On the CPU the backend has to be named, or Accelerate with DeepSpeed believes that each rank is alone.
        handlers.append(InitProcessGroupKwargs(backend="gloo" if on_cpu else "nccl", timeout=COLLECTIVE_LIMIT))
    if not Parallelism.of(config, world.size).shards_optimizer:
        return Accelerator(cpu=on_cpu, mixed_precision="no", kwargs_handlers=handlers)
    if on_cpu:
        # Accelerate drops DeepSpeed where it is told to use the CPU (state.py, `not cpu`), so name the device instead.
        os.environ.pop("ACCELERATE_USE_CPU", None)
        os.environ["ACCELERATE_TORCH_DEVICE"] = "cpu"
    return Accelerator(mixed_precision="no", deepspeed_plugin=_zero2_plugin(config), kwargs_handlers=handlers)


_BUCKET_NUMBERS = 1 << 16
"""Smaller than any LoRA, which DeepSpeed is shown as one parameter: such a one is reduced where it is, and not copied
into a bucket, which by default would take 2 GB."""


def summed(accelerator: Any, values: Sequence[float]) -> list[float]:
    """Sum each of `values` over the ranks, in float64; a collective."""
    if accelerator.num_processes == 1:
        return list(values)
    tensor = torch.tensor(values, dtype=torch.float64, device=accelerator.device)
    torch.distributed.all_reduce(tensor)
    return tensor.tolist()


def _zero2_plugin(config: RunConfig) -> Any:
    import deepspeed.ops
    from accelerate import DeepSpeedPlugin

    # Else DeepSpeed compiles its shared-memory collectives for a minute, and dies where there is no compiler.
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    return DeepSpeedPlugin(
        hf_ds_config={
            "train_micro_batch_size_per_gpu": config.batch_size,
            # The loop says itself where a step ends and how its micro-steps weigh.
            "gradient_accumulation_steps": 1,
            "gradient_clipping": config.max_grad_norm,
            "zero_optimization": {
                "stage": 2,
                "overlap_comm": False,
                "contiguous_gradients": True,
                "reduce_bucket_size": _BUCKET_NUMBERS,
            },
            "zero_allow_untested_optimizer": True,
            "steps_per_print": 10**9,
        }
    )
