"""The shipped presets: named starting points for a run config. A preset is data, one JSON file each beside this one."""

import json
from importlib import resources
from typing import Any

from pydantic import BaseModel, ConfigDict


class Preset(BaseModel):
    """`config` lacks only the data set's path. `source` says where the settings come from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    description: str
    source: str
    config: dict[str, Any]


def load_presets() -> list[Preset]:
    """All presets, by id."""
    folder = resources.files(__package__)
    files = [entry for entry in folder.iterdir() if entry.name.endswith(".json")]
    presets = [Preset.model_validate(json.loads(file.read_text())) for file in files]
    return sorted(presets, key=lambda preset: preset.id)
