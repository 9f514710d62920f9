"""Define the code, remedy and figures that a run and its preflight give when memory runs out."""

import torch

OUT_OF_MEMORY = "out_of_memory"
REMEDY = "Use fewer frames, a smaller size or batch_size, or a smaller lora_rank"


def memory_in_use(device: torch.device) -> str:
    """Say how much of a GPU's memory is in use, as the end of a sentence; empty on the CPU, which has no limit."""
    if device.type != "cuda":
        return ""
    free, total = torch.cuda.mem_get_info(device)
    return f", with {(total - free) / 1e9:.1f} of {total / 1e9:.1f} GB in use"
