from pathlib import Path
from typing import Any

import pytest
import torch

from trainer.contract.config import RunConfig
from trainer.contract.problem import Problem
from trainer.lora.adapter import inject_lora
from trainer.lora.save import read_lora, write_lora
from trainer.models import ModelSpec
from trainer.models.wan.pipeline import Pipe, load_dit

CPU = torch.device("cpu")


def trained(pipe: Pipe, config: RunConfig) -> dict[str, torch.nn.Parameter]:
    """A LoRA with weights that change what the model says."""
    lora = inject_lora(pipe.dit, config)
    torch.manual_seed(5)
    for parameter in lora.values():
        parameter.data = torch.randn_like(parameter) * 0.1
    return lora


@torch.no_grad()
def output(pipe: Pipe) -> torch.Tensor:
    draw = torch.Generator().manual_seed(1)
    inputs: dict[str, Any] = {
        "latents": torch.randn(1, 48, 2, 4, 4, generator=draw).to(pipe.torch_dtype),
        "context": torch.randn(1, 512, 64, generator=draw).to(pipe.torch_dtype),
        "timestep": torch.tensor([500.0], dtype=pipe.torch_dtype),
    }
    return pipe.model_fn(dit=pipe.dit, **inputs)  # type: ignore[no-any-return]


def test_the_file_loads_back_through_diffsynth(wan: ModelSpec, config: RunConfig, tmp_path: Path) -> None:
    pipe, fresh = (load_dit(wan, config, CPU, torch.float32) for _ in range(2))
    base = output(fresh)
    lora = trained(pipe, config)
    write_lora(tmp_path / "lora.safetensors", lora, {})
    fresh.load_lora(fresh.dit, str(tmp_path / "lora.safetensors"))
    assert (output(pipe) - base).abs().max() > 0.01
    torch.testing.assert_close(output(fresh), output(pipe), rtol=1e-4, atol=1e-5)


def test_the_file_has_the_keys_that_comfyui_wants(wan: ModelSpec, config: RunConfig, tmp_path: Path) -> None:
    import safetensors

    lora = inject_lora(load_dit(wan, config, CPU, torch.float32).dit, config)
    write_lora(tmp_path / "lora.safetensors", lora, {"step": "7"})
    with safetensors.safe_open(tmp_path / "lora.safetensors", "pt") as file:
        assert "diffusion_model.blocks.0.self_attn.q.lora_A.weight" in file.keys()  # noqa: SIM118
        assert "diffusion_model.blocks.3.ffn.2.lora_B.weight" in file.keys()  # noqa: SIM118
        assert file.metadata()["step"] == "7"
    read = read_lora(tmp_path / "lora.safetensors", list(lora))
    assert all(torch.equal(read[name], lora[name]) for name in lora)


def test_it_is_fp32_on_a_bf16_base_and_alone_trainable(wan: ModelSpec, config: RunConfig) -> None:
    pipe = load_dit(wan, config, CPU, torch.bfloat16)
    lora = trained(pipe, config)
    assert {parameter.dtype for parameter in lora.values()} == {torch.float32}
    frozen = [parameter for parameter in pipe.dit.parameters() if not parameter.requires_grad]
    assert {parameter.dtype for parameter in frozen} == {torch.bfloat16}
    assert len(lora) == 2 * 10 * 4, "two matrices for q, k, v and o of both attentions and two of the ffn, in 4 blocks"
    assert output(pipe).dtype == torch.bfloat16


def test_every_rank_begins_alike(wan: ModelSpec, config: RunConfig) -> None:
    first, second = (inject_lora(load_dit(wan, config, CPU, torch.float32).dit, config) for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_one_target_alone(wan: ModelSpec, config: RunConfig) -> None:
    one = config.model_copy(update={"lora_target_modules": "q"})
    assert len(inject_lora(load_dit(wan, config, CPU, torch.float32).dit, one)) == 2 * 2 * 4


@pytest.mark.parametrize(
    ("target", "near"), [("ffn.1", "ffn.0"), ("self_attn.qq", "self_attn.q"), ("xyzzy", "q,k,v,o")]
)
def test_a_target_that_is_no_layer(wan: ModelSpec, config: RunConfig, target: str, near: str) -> None:
    wrong = config.model_copy(update={"lora_target_modules": f"q,{target}"})
    with pytest.raises(Problem) as caught:
        inject_lora(load_dit(wan, config, CPU, torch.float32).dit, wrong)
    assert (caught.value.code, caught.value.field) == ("lora_target_unknown", "lora_target_modules")
    assert target in caught.value.message
    assert near in caught.value.hint
