import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from trainer.checkpointing import checkpoint
from trainer.checkpointing.checkpoint import Position
from trainer.contract.rundir import EVALUATION, RunDir

NAMES = ["blocks.0.q.lora_A.default.weight", "blocks.0.q.lora_B.default.weight"]


def position(step: int) -> Position:
    return Position(step=step, world_size=1, samples=4, seed=0, gradient_accumulation_steps=1)


def save(run: RunDir, step: int) -> Path:
    lora = {name: torch.full((2, 3), float(step)) for name in NAMES}
    optimizer = {f"{name}.exp_avg": torch.full((2, 3), -float(step)) for name in NAMES}
    return checkpoint.save(run, position(step), lora, optimizer, {"step": str(step)})


def test_the_newest_comes_back_whole(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    for step in (8, 100, 9):
        save(run, step)
    found, damaged = checkpoint.newest(run, NAMES)
    assert found is not None
    assert (found.position, found.path.name, damaged) == (position(100), "step-100", [])
    assert torch.equal(found.lora[NAMES[0]], torch.full((2, 3), 100.0))
    assert torch.equal(found.optimizer[f"{NAMES[1]}.exp_avg"], torch.full((2, 3), -100.0))


@pytest.mark.parametrize("name", ["lora.safetensors", "optimizer.safetensors", "position.json"])
@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:-3])])
def test_a_damaged_one_is_passed_over(tmp_path: Path, name: str, damage: object) -> None:
    run = RunDir(tmp_path)
    save(run, 8)
    damage(save(run, 9) / name)  # type: ignore[operator]
    found, damaged = checkpoint.newest(run, NAMES)
    assert found is not None
    assert found.position.step == 8
    assert [path.name for path in damaged] == ["step-9"]


def test_one_of_another_lora_is_passed_over(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    save(run, 8)
    found, damaged = checkpoint.newest(run, [*NAMES, "blocks.1.q.lora_A.default.weight"])
    assert (found, len(damaged)) == (None, 1)


def test_none(tmp_path: Path) -> None:
    assert checkpoint.newest(RunDir(tmp_path), NAMES) == (None, [])


@pytest.mark.parametrize("full_after", range(9))
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full_after: int) -> None:
    """`fsync` is where many file systems first say so; whichever of the files it hits, the folder goes."""
    run, synced = RunDir(tmp_path), []
    save(run, 8)

    def fsync(fd: int) -> None:
        synced.append(fd)
        if len(synced) > full_after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    if full_after < 7:  # three files, each synced with its folder, and the folder of all checkpoints
        with pytest.raises(OSError, match="No space"):
            save(run, 9)
    else:
        save(run, 9)
    assert [path.name for path in run.checkpoints.iterdir() if path.name != "step-8"] == ["step-9"] * (full_after > 6)


def test_saving_a_step_again_replaces_it(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    save(run, 8)
    assert save(run, 8).is_dir()
    assert [path.name for path in run.checkpoints.iterdir()] == ["step-8"]


def steps(run: RunDir) -> list[int]:
    return sorted(int(path.name.removeprefix("step-")) for path in run.checkpoints.iterdir())


@pytest.mark.parametrize("name", ["lora.safetensors", "optimizer.safetensors", "position.json"])
def test_what_reads_back_otherwise_is_no_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    run, replace = RunDir(tmp_path), os.replace
    save(run, 8)

    def flip_a_bit(source: Path, target: Path) -> None:
        replace(source, target)
        if target.name == name:
            content = bytearray(target.read_bytes())
            content[-1] ^= 1
            target.write_bytes(content)

    monkeypatch.setattr(os, "replace", flip_a_bit)
    with pytest.raises(OSError, match="does not read back"):
        save(run, 9)
    assert steps(run) == [8]


def test_the_newest_and_the_best_are_kept(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    losses = {1: 0.5, 2: 0.1, 3: 0.3, 4: float("nan"), 6: 0.2}
    for step in range(1, 8):
        save(run, step)
        removed = checkpoint.prune(run, step, keep=2)
        if step == 5:
            assert [path.name for path in removed] == ["step-3"]
        if step in losses:
            checkpoint.record_evaluation(run, step, losses[step])
    assert steps(run) == [2, 6, 7]


def test_without_evaluations_only_the_newest_are_kept(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    for step in (1, 2, 3):
        save(run, step)
    (run.checkpoints / "step-1" / "evaluation.json").write_text("{}")
    checkpoint.prune(run, 3, keep=1)
    assert steps(run) == [3]


def test_what_lies_past_the_newest_is_left_alone(tmp_path: Path) -> None:
    """An attempt that passed over a damaged step 9 saves step 5: it is its newest."""
    run = RunDir(tmp_path)
    for step in (3, 4, 9, 5):
        save(run, step)
    checkpoint.record_evaluation(run, 9, 0.0)
    assert [path.name for path in checkpoint.prune(run, 5, keep=1)] == ["step-3", "step-4"]
    assert steps(run) == [5, 9]


@pytest.mark.parametrize("calls", range(7))
def test_removing_that_breaks_off_leaves_whole_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    run, count = RunDir(tmp_path), 0
    for step in (1, 2, 3):
        save(run, step)

    def until(call: Callable[..., object]) -> Callable[..., object]:
        def counted(*args: Any, **options: Any) -> object:
            nonlocal count
            count += 1
            if count > calls:
                raise KeyboardInterrupt
            return call(*args, **options)

        return counted

    with monkeypatch.context() as patch:
        for name in ("rename", "unlink", "rmdir"):
            patch.setattr(os, name, until(getattr(os, name)))
        with pytest.raises(KeyboardInterrupt):
            checkpoint.prune(run, 3, keep=1)
    found, damaged = checkpoint.newest(run, NAMES)
    assert found is not None
    assert (found.position.step, damaged) == (3, [])
    assert all(len(list(path.iterdir())) == 3 for path in run.checkpoints.glob("step-*"))
    checkpoint.sweep(run)
    assert not list(run.path.rglob(".*"))


def test_what_a_kill_left_of_an_evaluation_is_swept_away(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    save(run, 3)
    checkpoint.record_evaluation(run, 3, 0.5)
    half_written = checkpoint.folder_of(run, 3) / f".{EVALUATION}.4711.tmp"
    half_written.write_text('{"eval/')
    checkpoint.sweep(run)
    assert not half_written.exists()
    assert checkpoint.evaluation(run, 3) == 0.5
