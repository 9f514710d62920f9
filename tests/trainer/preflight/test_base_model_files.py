"""The checks of the base model's files: what is not here, and what is something else."""

import struct
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from trainer.contract.config import RunConfig
from trainer.models import ModelSpec, tiny_wan
from trainer.preflight.checker_process import run_check
from trainer.preflight.checks import CHECKS, CheckContext, Finding

DIT = tiny_wan.WEIGHTS / "diffusion_pytorch_model.safetensors"
VAE = tiny_wan.WEIGHTS / "Wan2.2_VAE.safetensors"


def found(name: str, logs_dir: Path, **config: Any) -> Finding:
    (check,) = (check for check in CHECKS if check.name == name)
    return run_check(
        check, CheckContext(RunConfig.model_validate({"dataset_base_path": "."} | config), logs_dir, on_cpu=True)
    )


@pytest.fixture
def fetched(wan: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where DiffSynth puts what it fetches; nothing is there yet."""
    monkeypatch.setenv("DIFFSYNTH_MODEL_BASE_PATH", str(tmp_path / "models"))
    monkeypatch.delenv("DIFFSYNTH_DOWNLOAD_SOURCE", raising=False)
    return tmp_path / "models"


@pytest.mark.parametrize(
    ("model", "size", "source"),
    [
        ("wan2.2-ti2v-5b", "23 GB", "Wan-AI/Wan2.2-TI2V-5B"),
        ("wan2.1-t2v-1.3b", "14 GB", "Wan-AI/Wan2.1-T2V-1.3B"),
    ],
)
def test_a_model_that_is_not_here_is_a_warning_with_its_size_and_source(
    fetched: Path, tmp_path: Path, model: str, size: str, source: str
) -> None:
    base = found("base", tmp_path, model=model)
    assert base.standing == "warning"
    assert base.found == (
        f"Not here: the DiT, the text encoder, the VAE; about {size} are fetched from {source} (modelscope) "
        "when the run starts"
    )
    assert found("lora_targets", tmp_path, model=model).found == "Known once the model's files are here"
    tokenizer = found("tokenizer", tmp_path, model=model)
    assert tokenizer.standing == "warning"
    assert tokenizer.found.endswith("it is fetched from Wan-AI/Wan2.1-T2V-1.3B when the run starts")


def test_only_what_is_missing_is_to_be_fetched(fetched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIFFSYNTH_DOWNLOAD_SOURCE", "HuggingFace")
    folder = fetched / "Wan-AI/Wan2.2-TI2V-5B"
    folder.mkdir(parents=True)
    (folder / "models_t5_umt5-xxl-enc-bf16.pth").write_bytes(b"as if")
    (folder / "Wan2.2_VAE.pth").write_bytes(b"as if")
    for shard in (1, 3):  # of a download that was cut short
        (folder / f"diffusion_pytorch_model-0000{shard}-of-00003.safetensors").write_bytes(b"as if")
    base = found("base", tmp_path, model="wan2.2-ti2v-5b")
    assert base.standing == "warning"
    assert base.found.startswith("Not here: the DiT; about 10 GB are fetched from Wan-AI/Wan2.2-TI2V-5B (huggingface)")
    assert base.details["missing"] == ["wan_video_dit"]


@pytest.mark.parametrize(("file", "part"), [(DIT, "the DiT"), (VAE, "the VAE")])
def test_a_file_of_another_model_is_told_as_that(wan: ModelSpec, tmp_path: Path, file: Path, part: str) -> None:
    base = found("base", tmp_path, model="wan2.2-ti2v-5b", model_paths=[str(file)])
    assert (base.standing, base.code, base.field) == ("failure", "model_file_of_another", "model_paths")
    assert base.found == f"{file.name} is {part} of another model than wan2.2-ti2v-5b."


def test_a_part_that_is_not_among_the_files_is_named(wan: ModelSpec, tmp_path: Path) -> None:
    base = found("base", tmp_path, model="tiny-wan", model_paths=[str(DIT), str(VAE)])
    assert (base.standing, base.code) == ("failure", "model_file_missing")
    assert base.found == "None of the files given is the text encoder of the model."


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"This is a page that says: 404 Not Found.",
        struct.pack("<Q", 10**15) + b"{}",
        struct.pack("<Q", 8) + b"no json!",
        DIT.read_bytes()[:100],
        DIT.read_bytes()[: DIT.stat().st_size // 2],
    ],
    ids=["empty", "a page", "endless header", "no JSON", "cut in its header", "cut in its half"],
)
def test_what_is_no_whole_safetensors_is_to_be_fetched_again(wan: ModelSpec, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "dit.safetensors"
    file.write_bytes(content)
    base = found("base", tmp_path, model="tiny-wan", model_paths=[str(file)])
    assert (base.standing, base.code) == ("failure", "model_file_unreadable")
    assert base.found.startswith(f"{file} cannot be read: ")
    assert base.hint == "Copy or fetch it again."


def test_safetensors_of_something_else_and_files_of_another_format(wan: ModelSpec, tmp_path: Path) -> None:
    safetensors.torch.save_file({"weight": torch.zeros(2)}, tmp_path / "lora.safetensors")
    unknown = found("base", tmp_path, model="tiny-wan", model_paths=[str(tmp_path / "lora.safetensors")])
    assert (unknown.standing, unknown.code) == ("failure", "model_file_unknown")
    assert unknown.found.startswith("lora.safetensors is not a model file")
    (tmp_path / "Wan2.2_VAE.pth").write_bytes(b"a pickle")
    unsafe = found("base", tmp_path, model="tiny-wan", model_paths=[str(tmp_path / "Wan2.2_VAE.pth")])
    assert (unsafe.standing, unsafe.code) == ("failure", "model_file_unsafe")
    assert "Wan-Series-Converted-Safetensors" in unsafe.hint
