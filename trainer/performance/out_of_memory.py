"""Define the code, remedy and figures that a run and its preflight give when memory runs out."""

import torch

from trainer.contract.messages import sentence


def memory_in_use(device: torch.device) -> str:
    """Say how much of a GPU's memory is in use, as the end of a sentence; empty on the CPU, which has no limit."""
    if device.type != "cuda":
        return ""
    free, total = torch.cuda.mem_get_info(device)
    return sentence("in_memory.used", used_gb=(total - free) / 1e9, total_gb=total / 1e9)
