from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from trainer.contract.config import RunConfig
from trainer.contract.problem import Problem
from trainer.lora import starting_file
from trainer.lora.adapter import inject_lora, load_starting_weights
from trainer.lora.save import read_lora
from trainer.models import ModelSpec
from trainer.models.wan import pipeline
from trainer.models.wan.pipeline import load_dit

CPU = torch.device("cpu")


def with_lora(config: RunConfig, file: Path | str, **settings: Any) -> RunConfig:
    return RunConfig.model_validate(config.model_dump() | {"lora_checkpoint": str(file)} | settings)


def rewritten(file: Path, target: Path, rename: Any = None, reshape: Any = None) -> Path:
    stored = safetensors.torch.load_file(file)
    keep = (lambda key: key) if rename is None else rename
    resize = (lambda key, tensor: tensor) if reshape is None else reshape
    changed = {keep(key): resize(key, tensor).contiguous() for key, tensor in stored.items() if keep(key)}
    safetensors.torch.save_file(changed, target)
    return target


def refusal(config: RunConfig, wanted: starting_file.Layers | None = None) -> Problem:
    with pytest.raises(Problem) as caught:
        starting_file.read_header(config).check_layers(wanted or {})  # type: ignore[union-attr]
    assert caught.value.field == "lora_checkpoint"
    assert caught.value.hint
    return caught.value


def test_none_is_named(config: RunConfig) -> None:
    assert starting_file.read_header(config) is None


@pytest.mark.parametrize(
    "rename",
    [
        lambda key: key,
        lambda key: key.removeprefix("diffusion_model."),
        lambda key: key.removeprefix("diffusion_model.").replace(".weight", ".default.weight"),
        lambda key: key.replace(".weight", ".default.weight"),
    ],
)
def test_all_spellings_of_the_keys(
    wan: ModelSpec, config: RunConfig, tiny_lora: Path, tmp_path: Path, rename: Any
) -> None:
    given = with_lora(config, rewritten(tiny_lora, tmp_path / "spelled.safetensors", rename))
    file = starting_file.read_header(given)
    assert file is not None
    file.check_layers(pipeline.trained_layers(wan, given))
    lora = inject_lora(load_dit(wan, given, CPU, torch.float32).dit, given)
    load_starting_weights(file, lora)
    wanted = read_lora(tiny_lora, list(lora))
    assert all(torch.equal(lora[name], wanted[name]) for name in lora)


def test_fewer_targets(wan: ModelSpec, config: RunConfig, tiny_lora: Path, tmp_path: Path) -> None:
    narrow = with_lora(config, tiny_lora, lora_target_modules="ffn.0,self_attn.q")
    problem = refusal(narrow)
    assert problem.code == "lora_targets_differ"
    assert "ffn.0,ffn.2,self_attn.k" in problem.message.replace(
        "cross_attn.k,cross_attn.o,cross_attn.q,cross_attn.v,", ""
    )
    few = rewritten(
        tiny_lora, tmp_path / "few.safetensors", lambda key: key if "ffn.0" in key or "self_attn.q" in key else ""
    )
    file = starting_file.read_header(with_lora(config, few, lora_target_modules="ffn.0,self_attn.q"))
    assert file is not None
    file.check_layers(pipeline.trained_layers(wan, narrow))
    assert refusal(with_lora(config, few)).code == "lora_targets_differ"


def test_another_rank(config: RunConfig, tiny_lora: Path) -> None:
    problem = refusal(with_lora(config, tiny_lora, lora_rank=16))
    assert (problem.code, problem.message) == (
        "lora_rank_differs",
        "lora.safetensors is a LoRA of rank 4; the run's lora_rank is 16.",
    )
    assert "Set lora_rank to 4" in problem.hint


def test_another_model(wan: ModelSpec, config: RunConfig, tiny_lora: Path, tmp_path: Path) -> None:
    wanted = pipeline.trained_layers(wan, config)
    assert len(wanted) == 40

    def wider(key: str, tensor: torch.Tensor) -> torch.Tensor:
        return torch.zeros(4, 3072) if ".lora_A." in key else torch.zeros(3072, 4)

    wide = rewritten(tiny_lora, tmp_path / "wide.safetensors", reshape=wider)
    problem = refusal(with_lora(config, wide), wanted)
    assert problem.code == "lora_model_differs"
    assert "blocks.0.cross_attn.k is 3072 x 3072 there and 240 x 240 in the model" in problem.message
    short = rewritten(tiny_lora, tmp_path / "short.safetensors", lambda key: "" if "blocks.3." in key else key)
    assert "lacks 10 of 40 layers, blocks.3." in refusal(with_lora(config, short), wanted).message
    long = rewritten(tiny_lora, tmp_path / "long.safetensors", lambda key: key.replace("blocks.", "blocks.1"))
    assert "lacks 40 of 40 layers" in refusal(with_lora(config, long), wanted).message
    fewer = {layer: size for layer, size in wanted.items() if not layer.startswith("blocks.3.")}
    assert "10 of its layers are not trained here" in refusal(with_lora(config, tiny_lora), fewer).message


def test_the_model_says_so_itself_where_its_files_use_other_names(
    wan: ModelSpec, config: RunConfig, tiny_lora: Path, tmp_path: Path
) -> None:
    short = rewritten(tiny_lora, tmp_path / "short.safetensors", lambda key: "" if "blocks.3." in key else key)
    file = starting_file.read_header(with_lora(config, short))
    assert file is not None
    with pytest.raises(Problem) as caught:
        load_starting_weights(file, inject_lora(load_dit(wan, config, CPU, torch.float32).dit, config))
    assert caught.value.code == "lora_model_differs"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "lora_file_unreadable"),
        (b"", "lora_file_unreadable"),
        (b"PK\x03\x04 a pickle in a zip", "lora_file_unreadable"),
        ({}, "lora_file_unknown"),
        ({"blocks.0.self_attn.q.weight": (8, 8)}, "lora_file_unknown"),
        ({"blocks.0.self_attn.q.lora_A.weight": (4, 8)}, "lora_file_unknown"),
        ({"a.q.lora_A.weight": (4, 8), "a.q.lora_B.weight": (8, 5)}, "lora_file_unknown"),
        ({"a.q.lora_A.weight": (4, 8), "a.q.lora_B.weight": (8, 4), "a.q.alpha": ()}, "lora_file_unknown"),
    ],
)
def test_what_is_no_lora_file(config: RunConfig, tmp_path: Path, content: Any, code: str) -> None:
    path = tmp_path / "given.safetensors"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        safetensors.torch.save_file({key: torch.zeros(shape) for key, shape in content.items()}, path)
    assert refusal(with_lora(config, path)).code == code


def test_a_torn_file(config: RunConfig, tiny_lora: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.safetensors"
    torn.write_bytes(tiny_lora.read_bytes()[:-100])
    assert refusal(with_lora(config, torn)).code == "lora_file_unreadable"
