import errno
import os
from pathlib import Path

import pytest
import torch

from trainer import checkpoint
from trainer.checkpoint import Position
from trainer.contract.rundir import RunDir

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


@pytest.mark.parametrize("full_after", range(8))
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full_after: int) -> None:
    """`fsync` is where many file systems first say so; whichever of the files it hits, the folder goes."""
    run, synced = RunDir(tmp_path), []
    save(run, 8)

    def fsync(fd: int) -> None:
        synced.append(fd)
        if len(synced) > full_after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    if full_after < 6:  # three files, each synced with its folder
        with pytest.raises(OSError, match="No space"):
            save(run, 9)
    else:
        save(run, 9)
    assert [path.name for path in run.checkpoints.iterdir() if path.name != "step-8"] == ["step-9"] * (full_after > 5)


def test_saving_a_step_again_replaces_it(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    save(run, 8)
    assert save(run, 8).is_dir()
    assert [path.name for path in run.checkpoints.iterdir()] == ["step-8"]
