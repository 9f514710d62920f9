"""Check the published schema of the run config: what it holds, and that it takes what the trainer takes."""

from typing import Any

import jsonschema_rs
import pytest

from trainer.contract.config import ConfigError, RunConfig, parse_config
from trainer.contract.settings import GROUPS, run_config_schema

SCHEMA = run_config_schema()
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)


def test_each_setting_is_in_one_group() -> None:
    placed = [key for group in GROUPS for key in group.settings]
    assert sorted(placed) == sorted(RunConfig.model_fields)


@pytest.mark.parametrize("key", SCHEMA["properties"])
def test_each_setting_says_what_a_form_needs(key: str) -> None:
    setting = SCHEMA["properties"][key]
    assert setting["description"]
    assert setting["x-setting"]["label"]
    assert {"group", "label", "help", "unit", "advanced", "choices"} == set(setting["x-setting"])
    assert ("default" in setting) != (key in SCHEMA["required"])


@pytest.mark.parametrize("key", SCHEMA["properties"])
def test_every_choice_is_offered(key: str) -> None:
    setting = SCHEMA["properties"][key]
    offered = [choice["value"] for choice in setting["x-setting"]["choices"]]
    if offered:
        values = setting.get("enum") or [json_text(value) for value in _alternatives(setting)]
        assert sorted(offered) == sorted(values)


def test_presets_are_valid_and_a_wrong_config_is_not() -> None:
    for example in SCHEMA["examples"]:
        VALIDATOR.validate(example)
        parse_config(example)
    for wrong in (
        {"dataset_base_path": "/data", "learning_rat": 1},
        {"dataset_base_path": "/data", "lora_rank": 0},
        {},
    ):
        with pytest.raises(jsonschema_rs.ValidationError):
            VALIDATOR.validate(wrong)
        with pytest.raises(ConfigError):
            parse_config(wrong)


def _alternatives(setting: dict[str, Any]) -> list[Any]:
    """Return the values of a setting that is a switch or one of some words."""
    kinds = setting["anyOf"]
    switch = [True, False] if any(kind["type"] == "boolean" for kind in kinds) else []
    return switch + [kind["const"] for kind in kinds if "const" in kind]


def json_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
