"""Our way through the DiT against DiffSynth's own: the same learning, to the rounding of the number format."""

from typing import Any

import pytest
import torch

from trainer.contract.config import RunConfig
from trainer.evaluation.samples import lora_off
from trainer.lora.adapter import inject_lora
from trainer.models import ModelSpec, get_model, tiny_wan
from trainer.models.wan.dit import FastDit
from trainer.models.wan.lora_module import LoraModule
from trainer.models.wan.pipeline import Pipe, load_dit

CPU = torch.device("cpu")
Gradients = dict[str, torch.Tensor]


def with_lora(wan: ModelSpec, config: RunConfig, dtype: torch.dtype) -> tuple[Pipe, dict[str, torch.nn.Parameter]]:
    """A pipeline with a LoRA that changes what the model says."""
    pipe = load_dit(wan, config, CPU, dtype)
    lora = inject_lora(pipe.dit, config)
    torch.manual_seed(5)
    for parameter in lora.values():
        parameter.data = torch.randn_like(parameter) * 0.05
    return pipe, lora


def inputs_of(dtype: torch.dtype, has_first_frame: bool, channels: int = 48) -> dict[str, Any]:
    draw = torch.Generator().manual_seed(1)
    latents_BCFHW = torch.randn(1, channels, 5, 6, 10, generator=draw).to(dtype)
    inputs: dict[str, Any] = {
        "input_latents": latents_BCFHW,
        "context": torch.randn(1, 512, 64, generator=draw).to(dtype),
    }
    if has_first_frame:
        inputs |= {"first_frame_latents": latents_BCFHW[:, :, 0:1], "fuse_vae_embedding_in_latents": True}
    return inputs


def learned(pipe: Pipe, lora: dict[str, torch.nn.Parameter], inputs: dict[str, Any]) -> tuple[float, Gradients]:
    """The loss and its gradient at a fixed timestep and noise."""
    torch.manual_seed(7)
    loss = LoraModule(pipe, lora)(inputs)
    loss.backward()
    return loss.item(), {name: parameter.grad for name, parameter in lora.items() if parameter.grad is not None}


@pytest.mark.parametrize("has_first_frame", [False, True], ids=["text to video", "image to video"])
@pytest.mark.parametrize("checkpointed", [0, 2])
def test_gradients_are_upstreams_in_fp32(
    wan: ModelSpec, config: RunConfig, has_first_frame: bool, checkpointed: int
) -> None:
    inputs = inputs_of(torch.float32, has_first_frame)
    loss, gradients = learned(*with_lora(wan, config, torch.float32), inputs)
    pipe, lora = with_lora(wan, config, torch.float32)
    FastDit(pipe, compiled=False).checkpointed = checkpointed
    our_loss, ours = learned(pipe, lora, inputs)
    assert our_loss == pytest.approx(loss, rel=1e-5)
    assert ours.keys() == gradients.keys()
    for name, gradient in gradients.items():
        assert (ours[name] - gradient).norm() < 1e-3 * gradient.norm(), name


def small_wan_2_1(wan: ModelSpec, config: RunConfig) -> tuple[Pipe, dict[str, torch.nn.Parameter]]:
    """Wan2.1 T2V-1.3B at tiny-wan's sizes, with random weights and a LoRA."""
    from diffsynth.configs import MODEL_CONFIGS
    from diffsynth.models.wan_video_dit import WanModel

    known = get_model("wan2.1-t2v-1.3b").hashes["wan_video_dit"]
    (entry,) = (entry for entry in MODEL_CONFIGS if entry["model_hash"] == known)
    sizes = {name: tiny_wan.DIT[name] for name in ("dim", "ffn_dim", "text_dim", "num_heads", "num_layers")}
    pipe = load_dit(wan, config, CPU, torch.float32)
    torch.manual_seed(3)
    pipe.dit = WanModel(**entry["extra_kwargs"] | sizes).requires_grad_(False)
    lora = inject_lora(pipe.dit, config)
    for parameter in lora.values():
        parameter.data = torch.randn_like(parameter) * 0.05
    return pipe, lora


def test_wan_2_1_learns_as_upstream_does(wan: ModelSpec, config: RunConfig) -> None:
    inputs = inputs_of(torch.float32, has_first_frame=False, channels=16)
    loss, gradients = learned(*small_wan_2_1(wan, config), inputs)
    pipe, lora = small_wan_2_1(wan, config)
    fast = FastDit(pipe, compiled=False)
    fast.checkpointed = 2
    our_loss, ours = learned(pipe, lora, inputs)
    assert our_loss == pytest.approx(loss, rel=1e-5)
    assert len(ours) == len(lora)
    for name, gradient in gradients.items():
        assert gradient.any()
        assert (ours[name] - gradient).norm() < 1e-3 * gradient.norm(), name


@pytest.mark.parametrize("has_first_frame", [False, True], ids=["text to video", "image to video"])
def test_gradients_point_where_upstreams_do_in_bf16(wan: ModelSpec, config: RunConfig, has_first_frame: bool) -> None:
    inputs = inputs_of(torch.bfloat16, has_first_frame)
    _, gradients = learned(*with_lora(wan, config, torch.bfloat16), inputs)
    pipe, lora = with_lora(wan, config, torch.bfloat16)
    FastDit(pipe, compiled=False)
    _, ours = learned(pipe, lora, inputs)
    for name, gradient in gradients.items():
        assert torch.cosine_similarity(ours[name].flatten(), gradient.flatten(), dim=0) > 0.999, name


@torch.no_grad()
def test_the_base_alone_is_upstreams_too(wan: ModelSpec, config: RunConfig) -> None:
    pipe, _ = with_lora(wan, config, torch.float32)
    inputs = inputs_of(torch.float32, has_first_frame=True)
    given = {"latents": inputs.pop("input_latents"), "timestep": torch.tensor([500.0]), **inputs}
    upstream = pipe.model_fn
    FastDit(pipe, compiled=False)
    with lora_off(pipe.dit):
        torch.testing.assert_close(pipe.model_fn(dit=pipe.dit, **given), upstream(dit=pipe.dit, **given))


def test_what_is_not_of_these_models_goes_upstreams_way(wan: ModelSpec, config: RunConfig) -> None:
    pipe, _ = with_lora(wan, config, torch.float32)
    asked = []
    pipe.model_fn = lambda **given: asked.append(sorted(given))
    FastDit(pipe, compiled=False)
    inputs = inputs_of(torch.float32, has_first_frame=False)
    given = {"latents": inputs["input_latents"], "timestep": torch.tensor([500.0]), "context": inputs["context"]}
    pipe.model_fn(dit=pipe.dit, **given, vace_context=torch.zeros(1))
    pipe.model_fn(dit=pipe.dit, **given | {"context": inputs["context"].repeat(2, 1, 1)})
    assert asked == [
        ["context", "dit", "latents", "timestep", "vace_context"],
        ["context", "dit", "latents", "timestep"],
    ]
