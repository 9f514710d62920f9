from pathlib import Path

import pytest
import torch

from tests.harness.runs import events, warnings
from trainer.cache.encode import EncodeStage
from trainer.cache.latent_cache import Damaged, LatentCache
from trainer.cache.repair import repair
from trainer.contract.config import RunConfig
from trainer.contract.problem import Problem
from trainer.contract.rundir import RunDir
from trainer.contract.shape import Shape
from trainer.data.clip import Clip, Placed
from trainer.data.metadata import Row
from trainer.distributed.world import World
from trainer.models import ModelSpec
from trainer.supervision.stop import StopWatch
from trainer.telemetry.step_log import StepLog


@pytest.fixture(params=[0, 1], ids=["rank 0", "rank 1"])
def stage(request: pytest.FixtureRequest, wan: ModelSpec, config: RunConfig, tmp_path: Path) -> EncodeStage:
    rank, run = request.param, RunDir(tmp_path / "run")
    run.path.mkdir()
    log = StepLog.open(run.log(1, rank), run_id="run", attempt=1, rank=rank, world_size=2)
    cache = LatentCache(tmp_path / "cache")
    world = World(rank, 2, rank)
    return EncodeStage(config, wan, cache, world, torch.device("cpu"), torch.float32, log, StopWatch(run, 1))


def clip_of(path: Path) -> Clip:
    return Clip(Placed(Row(2, path.name, path, "a square"), Shape(64, 64, 5)), ("c0",), ("t0",))


def test_the_part_that_is_damaged_is_made_again(stage: EncodeStage, data: Path, tmp_path: Path) -> None:
    clip = clip_of(data / "clip-0.mp4")
    repair(stage, clip, Damaged("c0", "a fault"))
    assert stage.cache.read_clip("c0").shape == (1, 48, 2, 4, 4)
    assert not stage.cache.has_text("t0")
    repair(stage, clip, Damaged("t0", "a fault"))
    assert stage.cache.read_text("t0").shape == (1, 512, 64)
    stage.log.close()
    run, rank = RunDir(tmp_path / "run"), stage.world.rank
    told = [event["message"] for event in warnings(run, rank=rank)]
    assert len(told) == (2 if rank == 0 else 0), "other ranks' logs hold phases alone"
    assert all("clip-0.mp4" in message and "a fault" in message for message in told)
    items = [event["item"] for event in events(run, kind="phase", rank=rank)]
    assert items == ["again: clip-0.mp4", "again: the caption of clip-0.mp4"]


def test_a_clip_that_is_gone_as_well_is_lost(stage: EncodeStage, tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"gone\.mp4 is damaged, and it cannot be made again") as lost:
        repair(stage, clip_of(tmp_path / "gone.mp4"), Damaged("c0", "a fault"))
    assert lost.value.code == "cache_damaged"
    assert "Bring the file back" in lost.value.hint
