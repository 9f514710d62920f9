"""Fetch the tokenizer of a model to where its runs look for it, if need be, and print its folder: `python -m
trainer.models.fetch MODEL`. A process of its own, because it waits for the network without a limit.
"""

import importlib.util
import sys
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from trainer.contract.messages import sentence
from trainer.models.registry import get_model


def main(argv: list[str]) -> int:
    load_model_config_alone()
    config = get_model(argv[0]).tokenizer.as_config()
    with redirect_stdout(sys.stderr):  # DiffSynth prints advice
        config.download_if_necessary()
    if not isinstance(config.path, str):
        print(
            sentence("fetch.nothing_there", model_id=config.model_id, pattern=config.origin_file_pattern),
            file=sys.stderr,
        )
        return 1
    print(config.path)
    return 0


def load_model_config_alone() -> None:
    """Load DiffSynth's ModelConfig, which knows where files go, without the rest of DiffSynth and torch.

    They take 10 s to import on two cores, for the names of a few types (`diffsynth/core/loader/config.py`). They stay
    out of reach afterwards, so call this in a process that needs nothing else of them.
    """
    sys.modules["torch"] = None  # type: ignore[assignment] # an import of it now raises ModuleNotFoundError
    importlib.import_module("modelscope")  # which would import torch to log by rank
    found = importlib.util.find_spec("diffsynth")
    assert found is not None
    assert found.submodule_search_locations
    loader = Path(found.submodule_search_locations[0]) / "core" / "loader"
    core = _stand_in("diffsynth.core")
    quant = _stand_in("diffsynth.core.quant", QuantizeConfig=type, MixedQuantizeConfig=type)
    packages = [_stand_in("diffsynth"), core, _stand_in("diffsynth.core.loader")]
    sys.modules |= {module.__name__: module for module in (quant, *packages)}
    spec = importlib.util.spec_from_file_location("diffsynth.core.loader.config", loader / "config.py")
    assert spec is not None
    assert spec.loader is not None
    config = importlib.util.module_from_spec(spec)
    sys.modules[config.__name__] = config
    alone = SimpleNamespace(is_initialized=lambda: False)
    sys.modules["torch"] = _stand_in("torch", device=type, dtype=type, Tensor=type, distributed=alone)
    spec.loader.exec_module(config)
    sys.modules["torch"] = None  # type: ignore[assignment]
    vars(core)["ModelConfig"] = config.ModelConfig


def _stand_in(name: str, **members: Any) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(members, __path__=[])
    return module


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
