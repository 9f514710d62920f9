"""`lora.safetensors` as others load it. What DiffSynth makes of it is in test_lora.py."""

from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from tests.trainer.lora.test_adapter import CPU, output, trained
from trainer.contract.config import RunConfig
from trainer.lora.save import write_lora
from trainer.models import ModelSpec, tiny_wan
from trainer.models.wan.pipeline import load_dit


def test_merged_by_comfyuis_rule_it_is_what_was_trained(wan: ModelSpec, config: RunConfig, tmp_path: Path) -> None:
    """ComfyUI (`model_lora_keys_unet` in comfy/lora.py, `LoRAAdapter` in comfy/weight_adapter/lora.py) holds the DiT
    under `diffusion_model.`, looks for `<name of the weight>.lora_B.weight` and its `lora_A`, and adds B @ A times
    alpha / rank, or 1 where the file has no alpha. It warns of keys that it finds no weight for."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    base = {f"diffusion_model.{key}" for key in load_dit(wan, config, CPU, torch.float32).dit.state_dict()}
    pipe = load_dit(wan, config, CPU, torch.float32)
    write_lora(tmp_path / "lora.safetensors", trained(pipe, config), {})
    stored = safetensors.torch.load_file(tmp_path / "lora.safetensors")
    layers = {name: module for name, module in pipe.dit.named_modules() if isinstance(module, BaseTunerLayer)}
    assert len(layers) == 40
    for name, module in layers.items():
        place = f"diffusion_model.{name}"
        assert f"{place}.weight" in base
        delta = torch.mm(stored.pop(f"{place}.lora_B.weight"), stored.pop(f"{place}.lora_A.weight"))
        assert torch.equal(delta, module.get_delta_weight("default"))
    assert not stored, "ComfyUI would not know what to do with these"


def test_diffusers_own_wan_takes_it_and_says_the_same(wan: ModelSpec, config: RunConfig, tmp_path: Path) -> None:
    """diffusers' model with the base as its converter makes it, then with the LoRA as its loader reads it."""
    from diffusers import WanTransformer3DModel
    from diffusers.loaders.lora_pipeline import WanLoraLoaderMixin
    from diffusers.loaders.single_file_utils import convert_wan_transformer_to_diffusers

    pipe = load_dit(wan, config, CPU, torch.float32)
    base_said = output(pipe)
    base = {key: value.clone() for key, value in pipe.dit.state_dict().items()}
    write_lora(tmp_path / "lora.safetensors", trained(pipe, config), {"run": "a-run"})

    sizes: dict[str, Any] = tiny_wan.DIT
    model = WanTransformer3DModel(
        num_attention_heads=sizes["num_heads"],
        attention_head_dim=sizes["dim"] // sizes["num_heads"],
        in_channels=sizes["in_dim"],
        out_channels=sizes["out_dim"],
        text_dim=sizes["text_dim"],
        ffn_dim=sizes["ffn_dim"],
        num_layers=sizes["num_layers"],
    ).eval()
    model.load_state_dict(convert_wan_transformer_to_diffusers(base))

    @torch.no_grad()
    def said() -> torch.Tensor:
        draw = torch.Generator().manual_seed(1)  # as `output` draws
        latents, context = torch.randn(1, 48, 2, 4, 4, generator=draw), torch.randn(1, 512, 64, generator=draw)
        found: torch.Tensor = model(latents, torch.tensor([500.0]), context, return_dict=False)[0]
        return found

    torch.testing.assert_close(said(), base_said, rtol=1e-4, atol=1e-5)
    stored = WanLoraLoaderMixin.lora_state_dict(str(tmp_path / "lora.safetensors"))
    assert len(stored) == 80
    model.load_lora_adapter(stored, prefix="transformer")
    assert (output(pipe) - base_said).abs().max() > 0.01
    torch.testing.assert_close(said(), output(pipe), rtol=1e-4, atol=1e-5)
