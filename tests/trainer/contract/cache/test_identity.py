"""The plan finds the folder that a run would use, or says that it cannot."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.harness.runs import SMALL
from trainer.contract.cache import identity
from trainer.contract.cache.identity import Identity
from trainer.contract.config import RunConfig


def config(**settings: Any) -> RunConfig:
    return RunConfig.model_validate(SMALL | {"dataset_base_path": "/"} | settings)


@pytest.fixture
def encoders(tmp_path: Path) -> list[Path]:
    found = [tmp_path / f"{name}.safetensors" for name in ("text", "vae")]
    for path in found:
        path.write_bytes(path.name.encode())
    return found


def make(cache: Path, encoders: list[Path], dtype: str = "fp32", is_default: bool = True) -> Path:
    found = Identity(
        model="tiny-wan", dtype=dtype, files=tuple(map(identity.EncoderFile.of, encoders)), is_default=is_default
    )
    found.write(cache / "tiny-wan" / found.key)
    return cache / "tiny-wan" / found.key


def test_the_folder_is_that_of_model_format_and_files(tmp_path: Path, encoders: list[Path]) -> None:
    cache = tmp_path / ".cache"
    assert identity.find(cache, config(), "fp32") == (None, None, True), "there is none, so all is new"
    root = make(cache, encoders)
    assert identity.find(cache, config(), "fp32").folder == root
    assert identity.find(cache, config(), "bf16") == (None, None, True)
    paths = [str(path) for path in encoders]
    assert identity.find(cache, config(model_paths=[*paths, "/dit.safetensors"]), "fp32").folder == root
    assert identity.find(cache, config(model_paths=[paths[0], "/dit.safetensors"]), "fp32").folder is None


def test_files_that_were_replaced_make_another_folder(tmp_path: Path, encoders: list[Path]) -> None:
    cache = tmp_path / ".cache"
    make(cache, encoders)
    os.utime(encoders[1], ns=(1, 1))
    assert identity.find(cache, config(), "fp32") == (None, None, True)
    newer = make(cache, encoders)
    assert identity.find(cache, config(), "fp32").folder == newer


def test_files_that_cannot_be_seen_from_here_leave_it_open(tmp_path: Path, encoders: list[Path]) -> None:
    cache = tmp_path / ".cache"
    make(cache, encoders)
    encoders[0].unlink()
    assert identity.find(cache, config(), "fp32") == (None, None, False)


def test_a_folder_of_version_0_1_is_found_by_the_config_s_files(tmp_path: Path, encoders: list[Path]) -> None:
    cache = tmp_path / ".cache"
    root = make(cache, encoders)
    (root / identity.NAME).unlink()
    assert identity.find(cache, config(), "fp32") == (None, None, False), "it may be the model's own"
    paths = [str(path) for path in reversed(encoders)]
    assert identity.find(cache, config(model_paths=paths), "fp32").folder == root


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"model": 1}', b"\xff\xfe", b"[" * 9999, b'{"files": [{}]}'])
def test_a_garbled_one_is_none(tmp_path: Path, encoders: list[Path], content: bytes) -> None:
    root = make(tmp_path / ".cache", encoders)
    (root / identity.NAME).write_bytes(content)
    assert identity.read(root) is None
    assert not identity.find(tmp_path / ".cache", config(), "fp32").is_known


def test_one_of_another_folder_is_not_believed(tmp_path: Path, encoders: list[Path]) -> None:
    root = make(tmp_path / ".cache", encoders)
    os.rename(root, root.with_name("0" * 32))
    assert identity.read(root.with_name("0" * 32)) is None
