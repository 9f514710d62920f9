"""Encode clips by Wan's VAE with less work; the maths and the weights are those of DiffSynth's `wan_video_vae`.

What is left out: moving the clip to the CPU and back, copying each input to pad it (the convolution pads by itself),
and going through the clip four frames at a time, which keeps a large GPU waiting. A chunk may be of any multiple of
four frames: the convolutions are causal and carry on with what they saw last.

B batch, C channels, F frames, H height, W width.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from trainer.media.fitting import Frames
from trainer.models.wan.pipeline import Pipe

CHUNK_SHARE = 1 / 64
"""Of a GPU's memory: how large the first layer's output for a chunk may be. The encoder takes about ten times as
much."""
CPU_CHUNK_BYTES = 1 << 28
_STRIDE = 4
"""Frames to one latent frame, but for the first, which has one to itself."""


@torch.no_grad()
def encode_clip(pipe: Pipe, frames_FHWC: Frames) -> torch.Tensor:
    """Return the latents_BCFHW that DiffSynth's video unit makes of a clip of 4n+1 frames.

    The VAE encodes the first frame by itself and is causal: its latents are the first of the clip's, so that "image to
    video" needs no second encoding (`WanVideoUnit_ImageEmbedderFused` would do one; a test holds the two to be equal).
    Compiled norms and convolutions on channels-last tensors were slower on an H100 (0.40 s against 0.27).
    """
    model = pipe.vae.model
    x_BCFHW = _patched(as_input(pipe, frames_FHWC), model.encoder.conv1.in_channels)
    passed = _Pass(model.encoder)
    sizes = [1, *_chunks(x_BCFHW, model.encoder.conv1.out_channels)]
    moments = torch.cat([passed.encoder(chunk) for chunk in torch.split(x_BCFHW, sizes, dim=2)], dim=2)
    mean, _ = model.conv1(moments).chunk(2, dim=1)
    shift, factor = (s.to(mean).view(1, -1, 1, 1, 1) for s in pipe.vae.scale)
    latents: torch.Tensor = (mean - shift) * factor
    return latents.contiguous()


def as_input(pipe: Pipe, frames_FHWC: Frames) -> torch.Tensor:
    """Convert frames to x_BCFHW from -1 to 1 on the VAE's device."""
    device = torch.device(pipe.device)
    pixels = torch.from_numpy(frames_FHWC)
    if device.type == "cuda":
        pixels = pixels.pin_memory()
    x_FHWC = pixels.to(device).to(pipe.torch_dtype) * (2 / 255) - 1  # in DiffSynth's order, for the same rounding
    return x_FHWC.permute(3, 0, 1, 2)[None]


def _chunks(x_BCFHW: torch.Tensor, channels: int) -> list[int]:
    """Choose how many frames to encode at a time after the first, by the size of the first layer's output."""
    _, _, frames, height, width = x_BCFHW.shape
    budget_bytes = float(CPU_CHUNK_BYTES)
    if x_BCFHW.device.type == "cuda":
        budget_bytes = torch.cuda.get_device_properties(x_BCFHW.device).total_memory * CHUNK_SHARE
    stride_bytes = _STRIDE * channels * height * width * x_BCFHW.element_size()
    most = max(1, int(budget_bytes / stride_bytes)) * _STRIDE
    return [min(most, frames - start) for start in range(1, frames, most)]


class _Pass:
    """Take one clip through the encoder; `_seen` is the end of each causal convolution's last input."""

    def __init__(self, encoder: Any) -> None:
        self._encoder = encoder
        self._seen: dict[nn.Module, torch.Tensor] = {}

    def encoder(self, x: torch.Tensor) -> torch.Tensor:
        x = self._causal(self._encoder.conv1, x)
        for block in (*self._encoder.downsamples, *self._encoder.middle):
            x = self._block(block, x)
        norm, _, last = self._encoder.head
        return self._causal(last, F.silu(norm(x)))

    def _block(self, block: Any, x: torch.Tensor) -> torch.Tensor:
        kind = type(block).__name__
        if kind == "ResidualBlock":
            return self._residual(block, x)
        if kind == "Down_ResidualBlock":
            before = x
            for inner in block.downsamples:
                x = self._block(inner, x)
            return x + block.avg_shortcut(before)  # type: ignore[no-any-return]
        if kind in ("Resample", "Resample38"):
            return self._smaller(block, x)
        attended: torch.Tensor = block(x)
        return attended

    def _residual(self, block: Any, x: torch.Tensor) -> torch.Tensor:
        norm_1, _, conv_1, norm_2, _, _, conv_2 = block.residual
        shortcut = x if isinstance(block.shortcut, nn.Identity) else self._causal(block.shortcut, x)
        x = self._causal(conv_1, F.silu(norm_1(x)))
        return self._causal(conv_2, F.silu(norm_2(x))) + shortcut

    def _smaller(self, block: Any, x: torch.Tensor) -> torch.Tensor:
        batch, _, frames, _, _ = x.shape
        x = x.transpose(1, 2).flatten(0, 1)
        x = block.resample(x)
        x = x.view(batch, frames, *x.shape[1:]).transpose(1, 2)
        if block.mode == "downsample3d":
            before, self._seen[block] = self._seen.get(block), x[:, :, -1:].clone()
            if before is not None:  # the clip's first frame stays by itself
                x = F.conv3d(torch.cat([before, x], dim=2), block.time_conv.weight, block.time_conv.bias, (2, 1, 1))
        return x

    def _causal(self, conv: Any, x: torch.Tensor) -> torch.Tensor:
        """Compute DiffSynth's CausalConv3d on the frames that it needs from before, which are zeros at first."""
        before = conv._padding[4]
        if before:
            seen = self._seen.get(conv)
            if seen is None:
                batch, channels, _, height, width = x.shape
                seen = x.new_zeros(batch, channels, before, height, width)
            x = torch.cat([seen, x], dim=2)
            self._seen[conv] = x[:, :, -before:].clone()
        return F.conv3d(x, conv.weight, conv.bias, conv.stride, (0, conv._padding[2], conv._padding[0]))


def _patched(x_BCFHW: torch.Tensor, channels: int) -> torch.Tensor:
    """Turn squares of pixels into channels if the encoder takes them so (Wan2.2's does, Wan2.1's does not)."""
    side = 1 if channels == x_BCFHW.shape[1] else 2
    batch, colours, frames, height, width = x_BCFHW.shape
    x = x_BCFHW.reshape(batch, colours, frames, height // side, side, width // side, side)
    return x.permute(0, 1, 6, 4, 2, 3, 5).reshape(batch, channels, frames, height // side, width // side)
