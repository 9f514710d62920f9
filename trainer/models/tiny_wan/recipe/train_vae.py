"""The VAE's training: reconstruct clips, with latents that suit a flow-matching model. See `train_vae`.

Shapes of tensors: B clips, C channels, F frames, H and W pixels.
"""

import time
from collections.abc import Callable, Mapping
from typing import cast

import torch
from diffsynth.models.wan_video_vae import VideoVAE38_, patchify, unpatchify
from torch import Tensor, nn

from trainer.models.tiny_wan import VAE
from trainer.models.tiny_wan.vae import TinyWanVideoVAE38

from .average import Average
from .scenes import FULL, Size, moving_scenes, real_scenes

Through = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
NOISE_MOST = 0.15
"""The decoder sees latents with noise of up to this deviation, so that it forgives a sampler's small mistakes."""


class AutoEncoder(nn.Module):
    """Clips to normalised latents and back: what the model's own `encode` and `decode` compute, in fewer steps.

    Upstream goes through a clip in chunks of four frames, to save memory. Only the first frame has to go alone.
    """

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        vae = TinyWanVideoVAE38(**VAE)
        self.model = vae.model.requires_grad_(True)
        mean, inverse = vae.scale
        self.mean = mean.to(device).view(1, -1, 1, 1, 1)
        self.deviation = 1 / inverse.to(device).view(1, -1, 1, 1, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv3d):  # the faster layout on a GPU
                module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last_3d)
        self.to(device)

    def forward(self, video: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        latents = self.encode(video)
        return self.decode(latents + noise), latents

    def encode(self, video: Tensor) -> Tensor:
        model = self.model
        model.clear_cache()
        seen = patchify(video, 2).contiguous(memory_format=torch.channels_last_3d)
        parts = []
        for chunk in _first_and_rest(seen):
            out, *_ = model.encoder(chunk, feat_cache=model._enc_feat_map, feat_idx=[0])
            parts.append(out)
        model.clear_cache()
        means: Tensor = model.conv1(torch.cat(parts, 2)).chunk(2, dim=1)[0]
        latents: Tensor = (means - self.mean) / self.deviation
        return latents

    def decode(self, latents: Tensor) -> Tensor:
        model = self.model
        model.clear_cache()
        parts = []
        for index, chunk in enumerate(_first_and_rest(model.conv2(latents * self.deviation + self.mean))):
            out, *_ = model.decoder(chunk, feat_cache=model._feat_map, feat_idx=[0], first_chunk=index == 0)
            parts.append(out)
        model.clear_cache()
        video: Tensor = unpatchify(torch.cat(parts, 2), 2)
        return video


def _first_and_rest(x: Tensor) -> list[Tensor]:
    return [part for part in (x[:, :, :1], x[:, :, 1:]) if part.shape[2]]


def train_vae(
    photos_NCHW: Tensor,
    captions: list[str],
    clips_TCHW: list[Tensor],
    *,
    steps: int,
    batch: int,
    learning_rate: float,
    device: torch.device,
    report: Callable[[str], None],
    keep: Callable[[VideoVAE38_], None],
    start_from: Mapping[str, Tensor] | None = None,
    size: Size = FULL,
    seed: int = 0,
) -> VideoVAE38_:
    """The trained VAE, averaged over the last steps and normalised.

    Half of each batch is made up, half cut from real clips. `report` gets a line now and then, `keep` the state so far.
    """
    torch.manual_seed(seed)
    draw = torch.Generator(device).manual_seed(seed)
    coder = AutoEncoder(device)
    if start_from is not None:
        coder.model.load_state_dict(start_from)
    average = Average(coder.model, 0.998)

    def clips() -> Tensor:
        made_up, _ = moving_scenes(photos_NCHW, captions, batch - batch // 2, draw, size)
        return torch.cat([made_up, real_scenes(clips_TCHW, batch // 2, draw, size)]) if batch > 1 else made_up

    def noise_like(video: Tensor) -> Tensor:
        count, _, frames, height, width = video.shape
        shape = (count, 48, (frames + 3) // 4, height // 16, width // 16)
        deviation = torch.rand(count, 1, 1, 1, 1, generator=draw, device=device) * NOISE_MOST
        return torch.randn(shape, generator=draw, device=device) * deviation

    video = clips()
    through = _graphed(coder, video, noise_like(video))
    optimizer = torch.optim.AdamW(coder.parameters(), lr=learning_rate, betas=(0.9, 0.99), weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=steps, pct_start=0.05)
    start = time.monotonic()
    for step in range(1, steps + 1):
        video = clips()
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda", cache_enabled=False):
            seen, latents = through(video, noise_like(video))
        loss, parts = vae_loss(seen.float(), video, latents.float())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(coder.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        average.add(coder.model)
        if step % max(1, steps // 40) == 0:
            said = " ".join(f"{name} {float(value):.4f}" for name, value in parts.items())
            report(f"vae step {step}/{steps} {said} {(time.monotonic() - start) / step:.3f} s/step")
            if step % max(1, steps // 8) == 0:
                keep(average.model)
    coder.model = model = average.model
    with torch.no_grad():
        stack = torch.cat([coder.encode(clips()) for _ in range(min(steps, 32))])
    normalise(coder, stack.mean((0, 2, 3, 4)), stack.std((0, 2, 3, 4)))
    keep(model)
    return model


def vae_loss(seen: Tensor, video: Tensor, latents: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """The absolute error of the pictures and of their edges and motion, and how far the latents are from N(0, 1)."""
    off = (seen - video).abs().mean()
    edges = torch.stack([(seen.diff(dim=d) - video.diff(dim=d)).abs().mean() for d in (2, 3, 4)]).sum()
    mean, var = latents.mean((0, 2, 3, 4)), latents.var((0, 2, 3, 4))
    shape = mean.square().mean() + (var - 1).square().mean()
    psnr = -10 * torch.log10((seen - video).square().mean() / 4)
    loss = off + 0.5 * edges + 0.02 * shape
    return loss, {"l1": off.detach(), "edges": edges.detach(), "latents": shape.detach(), "psnr": psnr.detach()}


@torch.no_grad()
def normalise(coder: AutoEncoder, mean: Tensor, deviation: Tensor) -> None:
    """Change the two 1x1x1 convolutions around the latents so that these get mean 0 and deviation 1.

    What is decoded stays the same. `mean` and `deviation` are of the latents as the pipeline normalises them.
    """
    centre, width = coder.mean.flatten(), coder.deviation.flatten()
    into, out = coder.model.conv1, coder.model.conv2
    channels = len(mean)
    out.bias += out.weight[:, :, 0, 0, 0] @ (centre * (1 - deviation) + width * mean)
    out.weight *= deviation.view(1, -1, 1, 1, 1)
    into.weight[:channels] /= deviation.view(-1, 1, 1, 1, 1)
    into.bias[:channels] = centre + (into.bias[:channels] - centre - width * mean) / deviation
    into.weight[channels:], into.bias[channels:] = 0, 0  # the variance, which the pipeline never reads


def _graphed(coder: AutoEncoder, video: Tensor, noise: Tensor) -> Through:
    """On a GPU one graph for the some 10,000 small kernels of a step, which would wait for Python otherwise."""
    if video.device.type != "cuda":
        return coder
    with torch.autocast("cuda", torch.bfloat16, cache_enabled=False):
        return cast("Through", torch.cuda.make_graphed_callables(coder, (video, noise)))
