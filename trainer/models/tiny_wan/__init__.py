"""Describe tiny-wan: Wan2.2 TI2V's architecture at sizes that train on two CPU cores. Its files are in `weights/`.

`ENTRIES` is for DiffSynth's `MODEL_CONFIGS`; it differs from what DiffSynth says of Wan2.2 TI2V-5B in sizes alone, but
for the VAE's class (see `vae`). README.md says what made the weights.
"""

from pathlib import Path
from typing import Any

WEIGHTS = Path(__file__).parent / "weights"
FILES = {
    "wan_video_dit": "diffusion_pytorch_model.safetensors",
    "wan_video_text_encoder": "models_t5_umt5-enc.safetensors",
    "wan_video_vae": "Wan2.2_VAE.safetensors",
}

# dim / num_heads has to suit DiffSynth's split of the rotary embedding over frames, rows and columns: 12, 24, 32, 36
# and 48 do, 16 does not.
DIT: dict[str, Any] = {
    "has_image_input": False,
    "patch_size": [1, 2, 2],
    "in_dim": 48,
    "dim": 240,
    "ffn_dim": 240,
    "freq_dim": 256,
    "text_dim": 64,
    "out_dim": 48,
    "num_heads": 5,
    "num_layers": 4,
    "eps": 1e-6,
    "seperated_timestep": True,
    "require_clip_embedding": False,
    "require_vae_embedding": False,
    "fuse_vae_embedding_in_latents": True,
}
TEXT_ENCODER = {"vocab": 768, "dim": 64, "dim_attn": 64, "dim_ffn": 128, "num_heads": 4, "num_layers": 2}
VAE = {"dim": 14, "dec_dim": 16, "num_res_blocks": 1}

ENTRIES: tuple[dict[str, Any], ...] = (
    {
        "model_hash": "e7106c19548056726a1d67cc61f6b6b5",
        "model_name": "wan_video_dit",
        "model_class": "diffsynth.models.wan_video_dit.WanModel",
        "extra_kwargs": DIT,
    },
    {
        "model_hash": "7cb9ea3bd6bb1c5c7220bc6b1890f91b",
        "model_name": "wan_video_text_encoder",
        "model_class": "diffsynth.models.wan_video_text_encoder.WanTextEncoder",
        "extra_kwargs": TEXT_ENCODER,
    },
    {
        "model_hash": "8181e89c533c93186eafe0f30486d584",
        "model_name": "wan_video_vae",
        "model_class": "trainer.models.tiny_wan.vae.TinyWanVideoVAE38",
        "extra_kwargs": VAE,
        "state_dict_converter": "diffsynth.utils.state_dict_converters.wan_video_vae.WanVideoVAEStateDictConverter",
    },
)
