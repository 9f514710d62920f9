from typing import Any

import pytest
import torch

from trainer.contract.config import RunConfig
from trainer.evaluation import loss
from trainer.lora.adapter import inject_lora
from trainer.models import ModelSpec
from trainer.models.wan.pipeline import Pipe, load_dit


@pytest.mark.parametrize(
    ("count", "wanted", "chosen"), [(10, 3, [0, 3, 6]), (4, 8, [0, 1, 2, 3]), (1, 1, [0]), (5, 5, [0, 1, 2, 3, 4])]
)
def test_samples_are_spread_over_the_data_set(count: int, wanted: int, chosen: list[int]) -> None:
    assert loss.spread(count, wanted) == chosen


@pytest.fixture
def pipe(wan: ModelSpec, config: RunConfig) -> Pipe:
    return load_dit(wan, config, torch.device("cpu"), torch.float32)


@pytest.fixture
def inputs() -> dict[str, Any]:
    draw = torch.Generator().manual_seed(3)
    latents_BCFHW = torch.randn(1, 48, 2, 4, 4, generator=draw)
    return {"input_latents": latents_BCFHW, "context": torch.randn(1, 512, 64, generator=draw)}


def test_it_is_the_training_loss_without_the_weight(pipe: Pipe, inputs: dict[str, Any], monkeypatch: Any) -> None:
    from diffsynth.diffusion import FlowMatchSFTLoss

    index = 500
    timestep = loss.timesteps(pipe)[2]
    assert pipe.scheduler.timesteps[index] == timestep
    noise = torch.randn(inputs["input_latents"].shape, generator=torch.Generator().manual_seed(9 * 5 + 2))
    monkeypatch.setattr(torch, "randint", lambda *_: torch.tensor([index]))
    monkeypatch.setattr(torch, "randn_like", lambda _: noise)
    for extra in (
        {},
        {"first_frame_latents": inputs["input_latents"][:, :, :1], "fuse_vae_embedding_in_latents": True},
    ):
        given = inputs | extra
        weighted = FlowMatchSFTLoss(pipe, **given).item()
        expected = weighted / pipe.scheduler.training_weight(timestep).item()
        assert loss.errors(pipe, given, seed=9)[2] == pytest.approx(expected, rel=1e-5)


def test_only_the_model_changes_it(pipe: Pipe, config: RunConfig, inputs: dict[str, Any]) -> None:
    first = loss.errors(pipe, inputs, seed=1)
    torch.manual_seed(123)
    assert loss.errors(pipe, inputs, seed=1) == first
    assert loss.errors(pipe, inputs, seed=2) != first
    for parameter in inject_lora(pipe.dit, config).values():
        parameter.data.fill_(0.05)
    assert loss.errors(pipe, inputs, seed=1) != first


def test_the_summary_names_the_timesteps(pipe: Pipe) -> None:
    values = loss.summary(pipe, [2.0, 4.0, 6.0, 8.0, 10.0], 2)
    assert values["eval/loss"] == 3.0
    assert values["eval/loss_t978"] == 1.0
    assert values["eval/loss_t357"] == 5.0
