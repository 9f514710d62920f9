"""How large the models are, known without loading them: tests hold this to DiffSynth's own classes."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Parameters of the parts, and what the DiT's activations and the cache depend on. `vae_stride`: pixels a latent
    pixel; `text_dim`: numbers a token."""

    dit: int
    text_encoder: int
    vae: int
    dim: int
    ffn_dim: int
    layers: int
    vae_stride: int
    latent_channels: int
    text_dim: int


SIZES: Mapping[str, Sizes] = {
    "tiny-wan": Sizes(
        2_958_192, 131_648, 2_645_686, dim=240, ffn_dim=240, layers=4, vae_stride=16, latent_channels=48, text_dim=64
    ),
    "wan2.1-t2v-1.3b": Sizes(
        1_418_996_800,
        5_680_910_336,
        126_892_531,
        dim=1536,
        ffn_dim=8960,
        layers=30,
        vae_stride=8,
        latent_channels=16,
        text_dim=4096,
    ),
    "wan2.2-ti2v-5b": Sizes(
        4_999_787_712,
        5_680_910_336,
        704_688_668,
        dim=3072,
        ffn_dim=14336,
        layers=30,
        vae_stride=16,
        latent_channels=48,
        text_dim=4096,
    ),
}
