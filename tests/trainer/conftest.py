import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.runs import SMALL, Train, make_data
from trainer.contract.config import RunConfig
from trainer.models import ModelSpec


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four short clips with captions."""
    return make_data(tmp_path_factory.mktemp("data") / "clips")


@pytest.fixture
def logs(data: Path, request: pytest.FixtureRequest) -> Path:
    """One folder a module: its runs share a cache."""
    return data.parent / request.module.__name__


@pytest.fixture
def train_here(monkeypatch: pytest.MonkeyPatch) -> Iterator[Train]:
    """Trains an attempt in this process, on one rank, and gives the exit code."""
    from trainer.train import main

    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    is_known, hidden = "deepspeed" in sys.modules, sys.modules.get("deepspeed")
    yield lambda run, attempt: main([str(run.path), str(attempt)])
    for number, handler in before.items():
        signal.signal(number, handler)
    if is_known:
        sys.modules["deepspeed"] = hidden  # type: ignore[assignment] # None hides it
    else:
        sys.modules.pop("deepspeed", None)


@pytest.fixture(scope="session")
def wan() -> ModelSpec:
    """tiny-wan, with DiffSynth imported."""
    from trainer.models import get_model
    from trainer.models.wan import pipeline

    config = RunConfig.model_validate(SMALL | {"dataset_base_path": "."})
    pipeline.work_offline(config)
    pipeline.import_diffsynth(with_deepspeed=False)
    sys.modules.pop("deepspeed", None)
    spec = get_model("tiny-wan")
    spec.register()
    return spec


@pytest.fixture
def config(data: Path) -> RunConfig:
    return RunConfig.model_validate(SMALL | {"dataset_base_path": str(data)})


@pytest.fixture(scope="session")
def tiny_lora(wan: ModelSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a LoRA of tiny-wan, of SMALL's rank, with weights that tell."""
    import torch

    from trainer.lora.adapter import inject_lora
    from trainer.lora.save import write_lora
    from trainer.models.wan.pipeline import load_dit

    config = RunConfig.model_validate(SMALL | {"dataset_base_path": "."})
    lora = inject_lora(load_dit(wan, config, torch.device("cpu"), torch.float32).dit, config)
    torch.manual_seed(5)
    path = tmp_path_factory.mktemp("lora") / "lora.safetensors"
    write_lora(path, {name: torch.randn_like(parameter) for name, parameter in lora.items()}, {})
    return path
