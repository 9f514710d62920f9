import pytest

from trainer.contract.config import ConfigError, RunConfig, parse_config
from trainer.contract.families import FAMILIES, MODELS
from trainer.contract.plan.sizes import SIZES
from trainer.contract.shape import Shape


@pytest.mark.parametrize(
    ("model", "tokens"), [("wan2.2-ti2v-5b", 5070), ("tiny-wan", 5070), ("wan2.1-t2v-1.3b", 20_280)]
)
def test_tokens_are_those_of_the_model(model: str, tokens: int) -> None:
    assert FAMILIES[model].tokens(Shape(480, 832, 49)) == tokens
    assert FAMILIES[model].tokens(Shape(480, 832, 1)) == tokens // 13


def test_every_model_is_described_everywhere() -> None:
    literal = RunConfig.model_fields["model"].annotation
    assert getattr(literal, "__args__", None) == MODELS == tuple(SIZES)
    assert all(SIZES[model].vae_stride == FAMILIES[model].vae_stride for model in MODELS)


def test_a_side_is_a_multiple_of_the_models_own() -> None:
    base = {"dataset_base_path": "/data", "width": 832, "height": 720}
    assert parse_config({**base, "model": "wan2.1-t2v-1.3b"}).height == 720
    assert parse_config({**base, "model": "wan2.1-t2v-1.3b", "buckets": ["720x1280x17"]}).shapes[0].height == 720
    for model in ("wan2.2-ti2v-5b", "tiny-wan"):
        with pytest.raises(ConfigError, match="704 or 736") as caught:
            parse_config({**base, "model": model})
        assert caught.value.field == "height"
    with pytest.raises(ConfigError, match="model"):
        parse_config({**base, "model": "no-model"})
