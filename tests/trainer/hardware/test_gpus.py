import json
from pathlib import Path

import pytest

from trainer.contract.config import RunConfig
from trainer.contract.problem import Problem
from trainer.contract.rundir import RunDir
from trainer.hardware.gpus import Card, check_count, check_kernels, select, select_cards, visible_cards, visible_gpus
from trainer.supervision import launcher

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


@pytest.mark.parametrize(
    ("config", "ranks"),
    [({"num_processes": 2}, 2), ({}, 2), ({"num_processes": 3}, 1), ({"num_proceses": 2}, 1)],
)
def test_of_a_run_that_cannot_be_one_rank_is_launched_to_say_so(
    tmp_path: Path, config: dict[str, int], ranks: int
) -> None:
    run = RunDir(tmp_path)
    run.config.write_text(json.dumps({"dataset_base_path": "/data"} | config))
    assert launcher.launched_ranks(run, [V100, H200]) == ranks


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


TABLE = """\
0, GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77, Tesla V100-SXM2-32GB, 7.0, 32768
1, GPU-04f96e2c-0000-1111-2222-333344445555, NVIDIA H200, 9.0, 143771
"""
CARDS = [Card(V100, (7, 0), 32768 * 2**20), Card(H200, (9, 0), 143771 * 2**20)]
TORCH_214 = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120"]


def test_a_card_is_told_with_what_it_can() -> None:
    assert select_cards(TABLE, None) == CARDS
    assert select_cards(TABLE, "1") == CARDS[1:]
    assert select_cards("0, GPU-1, X, [N/A], 5\nField is not a valid field to query.", None) == []


def test_cards_are_asked_of_nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho '0, GPU-1, X, 8.9, 100'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert visible_cards({}) == [Card("X", (8, 9), 100 * 2**20)]
    assert visible_cards({"CUDA_VISIBLE_DEVICES": ""}) == []


@pytest.mark.parametrize(("ranks", "gpus"), [(2, [V100, H200]), (1, [V100, H200]), (8, [])])
def test_as_many_ranks_as_gpus_and_any_number_on_the_cpu(ranks: int, gpus: list[str]) -> None:
    check_count(ranks, gpus)


def test_more_ranks_than_gpus_are_refused() -> None:
    with pytest.raises(Problem, match=r"asks for 3 GPUs, and 2 are visible\. Set it to 2") as caught:
        check_count(3, CARDS)
    assert (caught.value.code, caught.value.field) == ("too_few_gpus", "num_processes")


def test_a_card_that_torch_does_not_drive_is_named_with_the_remedy() -> None:
    check_kernels(CARDS[1:], TORCH_214, "2.14.1")
    check_kernels(CARDS, [*TORCH_214, "sm_70"], "2.10.0")
    check_kernels(CARDS, [], "2.14.1+cpu")
    with pytest.raises(Problem, match=r"V100.*capability 7\.0.*2\.14\.1.*constraints-volta\.txt") as caught:
        check_kernels(CARDS, TORCH_214, "2.14.1")
    assert caught.value.code == "gpu_too_old"
    with pytest.raises(Problem, match=r"Use a card of compute capability 7\.0"):
        check_kernels([Card("Tesla P100", (6, 0), 0)], TORCH_214, "2.14.1")


@pytest.mark.parametrize(
    ("capability", "architecture", "runs"),
    [
        ((8, 9), "sm_86", True),
        ((8, 6), "sm_89", False),
        ((9, 0), "sm_86", False),
        ((12, 0), "sm_120", True),
        ((9, 0), "sm_90a", True),
        ((12, 1), "compute_90", True),
        ((8, 0), "compute_90", False),
    ],
)
def test_binaries_run_within_a_major_version_and_ptx_on_what_is_newer(
    capability: tuple[int, int], architecture: str, runs: bool
) -> None:
    card = Card("X", capability, 0)
    if runs:
        check_kernels([card], [architecture], "2")
    else:
        with pytest.raises(Problem):
            check_kernels([card], [architecture], "2")
