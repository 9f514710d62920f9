"""The registry against DiffSynth's own loader, and its answers to files that are not the model's."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from diffsynth.configs import MODEL_CONFIGS
from diffsynth.core.loader.file import hash_model_file
from safetensors.torch import save_file

from trainer.contract import families
from trainer.contract.config import RunConfig
from trainer.contract.problem import Problem
from trainer.models import MODELS, get_model, tiny_wan

_HUGE = {"dim", "num_heads", "num_layers", "ffn_dim", "text_dim"}


def _config(**keys: Any) -> RunConfig:
    return RunConfig.model_validate({"dataset_base_path": "clips", **keys})


def _paths(**changed: str) -> tuple[str, ...]:
    return tuple(changed.get(part, str(tiny_wan.WEIGHTS / file)) for part, file in tiny_wan.FILES.items())


def test_the_models_are_the_contracts() -> None:
    assert tuple(MODELS) == families.MODELS == get_args(RunConfig.model_fields["model"].annotation)
    assert all(spec.name == name for name, spec in MODELS.items())


def test_the_files_take_12_mb_at_most() -> None:
    assert sum(path.stat().st_size for path in tiny_wan.WEIGHTS.rglob("*") if path.is_file()) <= 12_000_000


@pytest.mark.parametrize("entry", tiny_wan.ENTRIES, ids=lambda entry: entry["model_name"])
def test_the_files_have_their_entries_hashes(entry: dict[str, Any]) -> None:
    file = tiny_wan.WEIGHTS / tiny_wan.FILES[entry["model_name"]]
    assert hash_model_file(str(file)) == entry["model_hash"], "sizes and weights do not belong together"


def test_registering_twice_leaves_one_entry_each() -> None:
    for _ in range(2):
        get_model("tiny-wan").register()
    hashes = [entry["model_hash"] for entry in MODEL_CONFIGS]
    assert [hashes.count(entry["model_hash"]) for entry in tiny_wan.ENTRIES] == [1, 1, 1]


def test_the_dit_differs_from_the_5b_in_sizes_alone() -> None:
    (real,) = (e for e in MODEL_CONFIGS if e.get("extra_kwargs", {}).get("dim") == 3072 and "TI2V" in _example_of(e))
    (tiny,) = (entry for entry in tiny_wan.ENTRIES if entry["model_name"] == "wan_video_dit")
    assert tiny["model_class"] == real["model_class"]
    differing = {key for key, value in real["extra_kwargs"].items() if tiny["extra_kwargs"][key] != value}
    assert differing == _HUGE
    assert tiny["extra_kwargs"].keys() == real["extra_kwargs"].keys()


def test_the_shipped_files_are_found() -> None:
    spec, config = get_model("tiny-wan"), _config()
    assert [Path(found.path).name for found in spec.dit_configs(config)] == [tiny_wan.FILES["wan_video_dit"]]
    names = [Path(found.path).name for found in spec.encoder_configs(config)]
    assert names == [tiny_wan.FILES["wan_video_text_encoder"], tiny_wan.FILES["wan_video_vae"]]
    assert Path(spec.tokenizer_config(config).path).is_dir()


def test_the_5b_is_left_to_diffsynths_download() -> None:
    spec, config = get_model("wan2.2-ti2v-5b"), _config(model="wan2.2-ti2v-5b")
    (dit,) = spec.dit_configs(config)
    assert (dit.path, dit.model_id) == (None, "Wan-AI/Wan2.2-TI2V-5B")
    assert dit.origin_file_pattern == "diffusion_pytorch_model*.safetensors"
    assert [found.origin_file_pattern for found in spec.encoder_configs(config)] == [
        "models_t5_umt5-xxl-enc-bf16.pth",
        "Wan2.2_VAE.pth",
    ]
    assert spec.tokenizer_config(config).origin_file_pattern == "google/umt5-xxl/"


def test_local_files_are_told_apart_in_any_order() -> None:
    config = _config(model_paths=_paths()[::-1], tokenizer_path=str(tiny_wan.WEIGHTS / "tokenizer"))
    spec = get_model("tiny-wan")
    assert Path(spec.dit_configs(config)[0].path).name == tiny_wan.FILES["wan_video_dit"]
    assert Path(spec.encoder_configs(config)[1].path).name == tiny_wan.FILES["wan_video_vae"]
    assert spec.tokenizer_config(config).path == str(tiny_wan.WEIGHTS / "tokenizer")


def test_the_shards_of_one_model_go_together(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    tensors = sorted(load_file(tiny_wan.WEIGHTS / tiny_wan.FILES["wan_video_dit"]).items())
    shards = [tmp_path / f"diffusion_pytorch_model-0000{k}-of-00002.safetensors" for k in (1, 2)]
    for k, shard in enumerate(shards):
        save_file(dict(tensors[k::2]), shard)
    config = _config(model_paths=[str(shards[1]), str(shards[0]), *_paths()[1:]])
    (dit,) = get_model("tiny-wan").dit_configs(config)
    assert dit.path == [str(shard) for shard in shards]


def test_wrong_files_are_named(tmp_path: Path) -> None:
    other, torn, pickled = tmp_path / "other.safetensors", tmp_path / "torn.safetensors", tmp_path / "vae.pth"
    save_file({"weight": torch.zeros(1)}, other)
    torn.write_bytes(b"\0" * 20)
    pickled.write_bytes(b"")
    for path, code in (
        (other, "model_file_unknown"),
        (torn, "model_file_unreadable"),
        (pickled, "model_file_unsafe"),
        (tmp_path / "none.safetensors", "model_file_missing"),
    ):
        with pytest.raises(Problem, match=re.escape(path.name)) as caught:
            get_model("tiny-wan").dit_configs(_config(model_paths=_paths(wan_video_dit=str(path))))
        assert caught.value.code == code
        assert (caught.value.field or "").startswith("model_paths")


@pytest.mark.parametrize(("part", "said"), [("wan_video_dit", "the DiT"), ("wan_video_vae", "the VAE")])
def test_a_part_of_another_model_is_refused(part: str, said: str) -> None:
    get_model("tiny-wan").register()
    spec = get_model("wan2.2-ti2v-5b")
    with pytest.raises(Problem, match=f"{tiny_wan.FILES[part]} is {said} of another model") as caught:
        spec.dit_configs(_config(model="wan2.2-ti2v-5b", model_paths=[str(tiny_wan.WEIGHTS / tiny_wan.FILES[part])]))
    assert (caught.value.code, caught.value.field) == ("model_file_of_another", "model_paths")


def test_the_known_files_of_a_model_are_of_it_and_of_no_other() -> None:
    for spec in MODELS.values():
        spec.register()
    for spec in MODELS.values():
        for part, known in spec.hashes.items():
            (entry,) = (e for e in MODEL_CONFIGS if e["model_hash"] == known and e["model_name"] == part)
            assert spec.is_of(entry)
            assert any(other.is_of(entry) for other in MODELS.values() if other is not spec) == (
                part == "wan_video_text_encoder" and spec.name != "tiny-wan"
            ), "Wan2.1 and Wan2.2 have the same text encoder"


def test_a_missing_part_is_named() -> None:
    with pytest.raises(Problem, match="the VAE") as caught:
        get_model("tiny-wan").encoder_configs(_config(model_paths=_paths()[:2]))
    assert (caught.value.code, caught.value.field) == ("model_file_missing", "model_paths")


def test_a_folder_without_a_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=re.escape(str(tmp_path))) as caught:
        get_model("tiny-wan").tokenizer_config(_config(tokenizer_path=str(tmp_path)))
    assert caught.value.code == "tokenizer_missing"


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(Problem, match="tiny-wann"):
        get_model("tiny-wann")


def _example_of(entry: dict[str, Any]) -> str:
    """DiffSynth tells its entries apart in comments; the DiT of TI2V is the one with 48 latent channels in and out."""
    kwargs = entry["extra_kwargs"]
    return "TI2V" if kwargs["in_dim"] == kwargs["out_dim"] == 48 else ""
