from pathlib import Path

import pytest

from trainer import launcher
from trainer.contract.config import RunConfig
from trainer.gpus import select, visible_gpus

LISTING = """\
GPU 0: Tesla V100-SXM2-32GB (UUID: GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77)
GPU 1: NVIDIA H200 (UUID: GPU-04f96e2c-0000-1111-2222-333344445555)
"""
V100, H200 = "Tesla V100-SXM2-32GB", "NVIDIA H200"


@pytest.mark.parametrize(
    ("visible", "names"),
    [
        (None, [V100, H200]),
        ("", []),
        ("-1", []),
        ("1", [H200]),
        ("1, 0", [H200, V100]),
        ("GPU-04f9", [H200]),
        ("0,7,1", [V100]),
    ],
)
def test_cuda_visible_devices_chooses_and_orders(visible: str | None, names: list[str]) -> None:
    assert select(LISTING, visible) == names


@pytest.mark.parametrize(
    ("answer", "names"), [("echo 'GPU 0: X (UUID: GPU-1)'", ["X"]), ("echo no driver; exit 9", [])]
)
def test_nvidia_smi_is_asked_and_a_failing_one_means_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, names: list[str]
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{answer}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert visible_gpus({}) == names


def test_without_nvidia_smi_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert visible_gpus({}) == []


def test_there_is_a_rank_for_each_gpu_and_one_on_the_cpu_unless_the_config_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = RunConfig(dataset_base_path="/data")
    assert launcher.rank_count(config, []) == 1
    assert launcher.rank_count(config, [V100, H200]) == 2
    assert launcher.rank_count(config.model_copy(update={"num_processes": 3}), [V100]) == 3


def test_on_the_cpu_the_ranks_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delenv("ACCELERATE_USE_CPU", raising=False)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))
    values = launcher.environment(2, [])
    assert (values["OMP_NUM_THREADS"], values["ACCELERATE_USE_CPU"], values["DS_ACCELERATOR"]) == ("4", "true", "cpu")
    assert launcher.environment(16, [])["OMP_NUM_THREADS"] == "1"
    assert "ACCELERATE_USE_CPU" not in launcher.environment(1, [V100])
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert launcher.environment(2, [])["OMP_NUM_THREADS"] == "3"
