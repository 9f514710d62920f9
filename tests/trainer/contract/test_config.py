from pathlib import Path
from typing import Any

import pytest

from trainer.contract.config import ConfigError, RunConfig, load_config, parse_config
from trainer.contract.families import MODELS
from trainer.contract.presets import load_presets

BASE = {"dataset_base_path": "/data/clips"}


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"lora_rnk": 8}, "lora_rnk", "Did you mean lora_rank?"),
        ({"zzzz": 8}, "zzzz", "docs/config.md"),
        ({"height": 100}, "height", "Use 96 or 128."),
        ({"width": "wide"}, "width", "valid integer"),
        ({"num_frames": 16}, "num_frames", "Use 13 or 17."),
        ({"buckets": ["480x832"]}, "buckets", "like 480x832x49"),
        ({"buckets": ["480x832x48"]}, "buckets", "Use 45 or 49."),
        ({"buckets": ["480x840x49"]}, "buckets", "Use 832 or 864."),
        ({"buckets": ["0x32x1"]}, "buckets", "32 to 4096 pixels"),
        ({"buckets": ["32x32x2001"]}, "buckets", "1025 frames"),
        ({"buckets": []}, "buckets", "Put at least one in"),
        ({"buckets": ["32x32x1"], "extra_inputs": "input_image"}, "buckets", "no first frame"),
        ({"batch_size": 0}, "batch_size", "greater than or equal to 1"),
        ({"validation_clips": -1}, "validation_clips", "greater than or equal to 0"),
        ({"num_frames": 1, "extra_inputs": "input_image"}, "num_frames", "at least 5"),
        ({"model": "wan2.1-t2v-1.3b", "extra_inputs": "input_image"}, "extra_inputs", "text to video alone"),
        ({"float8_base": True, "distributed_type": "zero3"}, "float8_base", "does not go with zero3"),
        ({"name": "../../etc"}, "name", "letters, digits"),
        ({"name": "  "}, "name", "recognise"),
        ({"name": "a\nb"}, "name", "control character"),
        ({"learning_rate": 0}, "learning_rate", "greater than 0"),
        ({"learning_rate": "NaN"}, "learning_rate", "finite"),
        ({"lora_target_modules": "q,,v"}, "lora_target_modules", "q,k,v,o"),
        ({"sample_prompts": ["a cat", " "]}, "sample_prompts", "empty prompt"),
        ({"model": "wan9"}, "model", "tiny-wan"),
        ({"use_gradient_checkpointing": "maybe"}, "use_gradient_checkpointing", 'Use "auto", true or false'),
        ({"use_gradient_checkpointing": None}, "use_gradient_checkpointing", "is null"),
        ({"seed": -1}, "seed", "greater than or equal to 0"),
    ],
)
def test_a_mistake_names_its_field_and_what_to_do(change: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(BASE | change)
    assert caught.value.field == field
    assert said in str(caught.value)


def test_buckets_are_written_in_one_way_and_each_once() -> None:
    config = parse_config(BASE | {"buckets": [" 480 x 832 X 49", "480x832x49", "64x32x1"]})
    assert config.buckets == ("480x832x49", "64x32x1")
    assert config.shapes == ((480, 832, 49), (64, 32, 1))
    assert parse_config(BASE).shapes == ((480, 832, 49),)


def test_every_mistake_is_kept() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(BASE | {"height": 33, "width": 33, "lr": 1})
    assert {caught.value.field, *(other.field for other in caught.value.others)} == {"height", "width", "lr"}


def test_the_data_set_is_asked_for() -> None:
    with pytest.raises(ConfigError, match="dataset_base_path is missing"):
        parse_config({})


@pytest.mark.parametrize("data", [None, [], "x", 3])
def test_what_is_no_object_is_no_config(data: object) -> None:
    with pytest.raises(ConfigError, match="JSON object"):
        parse_config(data)


def test_a_config_survives_its_file(tmp_path: Path) -> None:
    config = parse_config(BASE | {"name": " two words "})
    (tmp_path / "config.json").write_text(config.model_dump_json())
    assert load_config(tmp_path / "config.json") == config
    assert config.name == "two words"
    assert config.metadata_path == Path("/data/clips/metadata.csv")


@pytest.mark.parametrize("text", ["{", "\xff\xfe"])
def test_a_config_that_is_no_json_is_said_to_be(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match="not readable JSON"):
        load_config(path)
    with pytest.raises(ConfigError, match="There is no config"):
        load_config(tmp_path / "none.json")


def test_every_preset_is_a_config_and_every_model_has_one() -> None:
    presets = load_presets()
    configs = [parse_config(BASE | preset.config) for preset in presets]
    assert {config.model for config in configs} == set(MODELS)
    assert len({preset.config["name"] for preset in presets}) == len(presets)
    assert all(preset.source for preset in presets)


def test_models_are_those_of_the_type() -> None:
    schema = RunConfig.model_json_schema()
    assert schema["properties"]["model"]["enum"] == list(MODELS)


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, field in RunConfig.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("key", ["caption_dropout", "batch_size", "max_steps", "learning_rate", "more_datasets"])
def test_a_switch_is_no_number(key: str) -> None:
    for value in (True, False):
        with pytest.raises(ConfigError, match=f"{key} is {str(value).lower()}, which is no value") as refused:
            parse_config({"dataset_base_path": "/", key: value})
        assert refused.value.field == key


def test_a_trigger_word_is_printable_in_every_data_set() -> None:
    more = [{"dataset_base_path": "/", "trigger_word": "a\nb", "dataset_weight": True}]
    with pytest.raises(ConfigError) as refused:
        parse_config({"dataset_base_path": "/", "trigger_word": "a\0b", "more_datasets": more})
    fields = [refused.value.field, *(other.field for other in refused.value.others)]
    assert fields == ["trigger_word", "more_datasets.0.dataset_weight", "more_datasets.0.trigger_word"]
