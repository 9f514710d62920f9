"""View many tensors as slices of one flat buffer, so one kernel serves them all."""

from collections.abc import Sequence

import torch


def flat_zeros(like: Sequence[torch.Tensor]) -> torch.Tensor:
    """Make a one-dimensional buffer of zeros in the format of `like`, large enough for all of them."""
    return like[0].new_zeros(sum(tensor.numel() for tensor in like))


def views_of(flat: torch.Tensor, like: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Return views of `flat`, one after the other, in the shapes of `like`."""
    parts = torch.split(flat, [tensor.numel() for tensor in like])
    return [part.view(tensor.shape) for part, tensor in zip(parts, like, strict=True)]
