"""The DiT's training, and the text encoder's with it: flow matching on made-up scenes. See `train_dit`.

Shapes of tensors: B clips, C channels, F, H and W latent frames, rows and columns, S patches, L tokens, D features.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from diffsynth.models.wan_video_dit import WanModel, sinusoidal_embedding_1d
from diffsynth.models.wan_video_text_encoder import WanTextEncoder
from einops import rearrange
from tokenizers import Tokenizer
from torch import Tensor, nn

from trainer.models.tiny_wan import DIT, TEXT_ENCODER

from .average import Average
from .scenes import FULL, Size, moving_scenes
from .train_vae import AutoEncoder

CONTEXT_TOKENS = 512
"""The pipeline pads every prompt's features with zeros to this many."""
SHIFT = 5.0
"""The pipeline's own shift of the noise levels towards 1."""
IMAGE_SHARE, SILENT_SHARE = 0.5, 0.1
"""Of the clips: how many show their first frame to the model, and how many have no caption."""


@dataclass(frozen=True)
class Bank:
    """Encoded scenes."""

    latents_BCFHW: Tensor
    ids_BL: Tensor
    lengths_B: Tensor


def encode_scenes(
    coder: AutoEncoder,
    photos_NCHW: Tensor,
    captions: list[str],
    tokenizer: Tokenizer,
    *,
    count: int,
    batch: int,
    size: Size = FULL,
    seed: int = 0,
) -> Bank:
    """`count` scenes through the VAE and the tokenizer. Row 0 of the tokens is the empty caption's."""
    device = photos_NCHW.device
    draw = torch.Generator(device).manual_seed(seed)
    latents, spoken = [], [""]
    for first in range(0, count, batch):
        video, said = moving_scenes(photos_NCHW, captions, min(batch, count - first), draw, size)
        with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            latents.append(coder.encode(video).to(torch.bfloat16))
        spoken += said
    rows = [encoded.ids for encoded in tokenizer.encode_batch(spoken)]
    ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    for row, tokens in zip(ids, rows, strict=True):
        row[: len(tokens)] = torch.tensor(tokens)
    return Bank(torch.cat(latents), ids.to(device), torch.tensor([len(row) for row in rows], device=device))


def train_dit(
    bank: Bank,
    *,
    steps: int,
    batch: int,
    learning_rate: float,
    device: torch.device,
    report: Callable[[str], None],
    keep: Callable[[WanModel, WanTextEncoder], None],
    seed: int = 0,
) -> tuple[WanModel, WanTextEncoder]:
    """The trained DiT and text encoder, averaged over the last steps.

    The last 1/32 of the bank is kept out of it, for a fixed loss.
    """
    torch.manual_seed(seed)
    draw = torch.Generator(device).manual_seed(seed)
    dit, text = WanModel(**DIT).to(device), WanTextEncoder(**TEXT_ENCODER).to(device).eval()
    dit.freqs = tuple(freqs.to(device) for freqs in dit.freqs)
    weights = [*dit.parameters(), *text.parameters()]
    dit_average, text_average = Average(dit, 0.999), Average(text, 0.999)
    optimizer = torch.optim.AdamW(weights, lr=learning_rate, betas=(0.9, 0.99), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=steps, pct_start=0.05)
    known = len(bank.latents_BCFHW) - max(1, len(bank.latents_BCFHW) // 32)
    start, recent = time.monotonic(), torch.tensor(0.0)
    for step in range(1, steps + 1):
        rows = torch.randint(known, (batch,), generator=draw, device=device)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            loss = flow_loss(dit, text, bank, rows, draw)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        schedule.step()
        dit_average.add(dit)
        text_average.add(text)
        recent = loss.detach() if step == 1 else torch.lerp(recent, loss.detach(), 0.02)
        if step % max(1, steps // 40) == 0:
            with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                once = torch.Generator(device).manual_seed(1)
                held_out = torch.arange(known, len(bank.latents_BCFHW), device=device)[:512]
                fixed = flow_loss(dit_average.model, text_average.model, bank, held_out, once)
            took = (time.monotonic() - start) / step
            report(f"dit step {step}/{steps} loss {float(recent):.4f} held out {float(fixed):.4f} {took:.3f} s/step")
            if step % max(1, steps // 8) == 0:
                keep(dit_average.model, text_average.model)
    keep(dit_average.model, text_average.model)
    return dit_average.model, text_average.model


def flow_loss(dit: WanModel, text: WanTextEncoder, bank: Bank, rows: Tensor, draw: torch.Generator) -> Tensor:
    """The mean squared error of the velocity at random noise levels; a first frame that is shown does not count."""
    count, device = len(rows), rows.device
    clean = bank.latents_BCFHW[rows].float()

    def uniform(*size: int) -> Tensor:
        return torch.rand(*size, generator=draw, device=device)

    level = (torch.arange(count, device=device) + uniform(count)) / count
    level = torch.where(uniform(count) < 0.7, SHIFT * level / (1 + (SHIFT - 1) * level), level)
    shown = uniform(count) < IMAGE_SHARE
    silent = uniform(count) < SILENT_SHARE
    level_BF = level[:, None].repeat(1, clean.shape[2])
    level_BF[:, 0] *= ~shown
    sigma = level_BF[:, None, :, None, None]
    noise = torch.randn(clean.shape, generator=draw, device=device)
    context = encode_text(text, bank, torch.where(silent, 0, rows + 1))
    velocity = predict(dit, (1 - sigma) * clean + sigma * noise, level_BF * 1000, context)
    off = (velocity.float() - (noise - clean)).square().mean((1, 3, 4))
    counts = torch.ones_like(off)
    counts[:, 0] *= ~shown
    return (off * counts).sum() / counts.sum()


def encode_text(text: WanTextEncoder, bank: Bank, rows: Tensor) -> Tensor:
    """B 512 D: as the pipeline does it, but the padding is not computed to be thrown away."""
    mask = torch.arange(bank.ids_BL.shape[1], device=rows.device)[None] < bank.lengths_B[rows][:, None]
    features = text(bank.ids_BL[rows], mask) * mask[..., None]
    return nn.functional.pad(features, (0, 0, 0, CONTEXT_TOKENS - features.shape[1]))


def predict(dit: WanModel, latents: Tensor, timestep_BF: Tensor, context: Tensor) -> Tensor:
    """What DiffSynth's `model_fn_wan_video` computes, for many clips at once, each with its own timestep by frame.

    Upstream takes one timestep for all; a frame that is given as a condition has 0.
    """
    frames, rows, columns = latents.shape[2], latents.shape[3] // 2, latents.shape[4] // 2
    timestep_BS = timestep_BF.repeat_interleave(rows * columns, dim=1)
    embedded = sinusoidal_embedding_1d(dit.freq_dim, timestep_BS.flatten())
    t = dit.time_embedding(embedded).unflatten(0, timestep_BS.shape)
    t_mod = dit.time_projection(t).unflatten(2, (6, dit.dim))
    context = dit.text_embedding(context)
    x = rearrange(dit.patchify(latents), "b d f h w -> b (f h w) d")
    freqs = torch.cat(
        [
            dit.freqs[0][:frames].view(frames, 1, 1, -1).expand(frames, rows, columns, -1),
            dit.freqs[1][:rows].view(1, rows, 1, -1).expand(frames, rows, columns, -1),
            dit.freqs[2][:columns].view(1, 1, columns, -1).expand(frames, rows, columns, -1),
        ],
        dim=-1,
    ).reshape(frames * rows * columns, 1, -1)
    for block in dit.blocks:
        x = block(x, context, t_mod, freqs)
    velocity: Tensor = dit.unpatchify(dit.head(x, t), (frames, rows, columns))
    return velocity
