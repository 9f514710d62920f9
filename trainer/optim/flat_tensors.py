"""Many tensors as the parts of one: what is done to all of them is one kernel and not hundreds."""

from collections.abc import Sequence

import torch


def flat_zeros(like: Sequence[torch.Tensor]) -> torch.Tensor:
    """One dimension, zeros, in the format of `like` and large enough for all of them."""
    return like[0].new_zeros(sum(tensor.numel() for tensor in like))


def views_of(flat: torch.Tensor, like: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """The parts of `flat`, one after the other, in the shapes of `like`. They share its memory."""
    parts = torch.split(flat, [tensor.numel() for tensor in like])
    return [part.view(tensor.shape) for part, tensor in zip(parts, like, strict=True)]
