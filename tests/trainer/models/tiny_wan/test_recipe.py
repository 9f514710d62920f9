"""The recipe's own maths against DiffSynth's, and the whole recipe at sizes that mean nothing."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from diffsynth.models.wan_video_dit import WanModel
from diffsynth.pipelines.wan_video import model_fn_wan_video
from PIL import Image

from trainer.models import tiny_wan
from trainer.models.tiny_wan.recipe.__main__ import main
from trainer.models.tiny_wan.recipe.train_dit import predict
from trainer.models.tiny_wan.recipe.train_vae import AutoEncoder, normalise


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    torch.manual_seed(0)
    with torch.random.fork_rng():
        yield


@torch.no_grad()
def test_the_fewer_chunks_compute_what_the_vae_computes() -> None:
    coder = AutoEncoder(torch.device("cpu"))
    scale = [coder.mean.flatten(), 1 / coder.deviation.flatten()]
    video = torch.rand(1, 3, 13, 32, 32) * 2 - 1
    latents = coder.encode(video)
    torch.testing.assert_close(latents, coder.model.encode(video, scale), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(coder.decode(latents), coder.model.decode(latents, scale), rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_normalising_changes_the_latents_and_not_what_is_decoded() -> None:
    coder = AutoEncoder(torch.device("cpu"))
    video = torch.rand(4, 3, 5, 32, 32) * 2 - 1
    latents = coder.encode(video)
    decoded = coder.decode(latents)
    normalise(coder, latents.mean((0, 2, 3, 4)), latents.std((0, 2, 3, 4)))
    again = coder.encode(video)
    torch.testing.assert_close(again.mean((0, 2, 3, 4)), torch.zeros(48), rtol=0, atol=1e-4)
    torch.testing.assert_close(again.std((0, 2, 3, 4)), torch.ones(48), rtol=1e-3, atol=0)
    torch.testing.assert_close(coder.decode(again), decoded, rtol=1e-3, atol=1e-3)


@torch.no_grad()
@pytest.mark.parametrize("image_given", [False, True])
def test_the_batched_prediction_is_diffsynths_own(image_given: bool) -> None:
    dit = WanModel(**tiny_wan.DIT).eval()
    latents, context = torch.randn(2, 48, 3, 2, 4), torch.randn(2, 512, 64)
    timestep = torch.tensor([700.0, 200.0])
    timestep_BF = timestep[:, None].repeat(1, 3)
    if image_given:
        timestep_BF[:, 0] = 0
    together = predict(dit, latents, timestep_BF, context)
    for row in range(2):
        alone = model_fn_wan_video(
            dit=dit,
            latents=latents[row : row + 1],
            timestep=timestep[row : row + 1],
            context=context[row : row + 1],
            fuse_vae_embedding_in_latents=image_given,
        )
        torch.testing.assert_close(together[row : row + 1], alone, rtol=1e-4, atol=1e-4)


def test_the_whole_recipe_runs(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "clips").mkdir()
    pixels = np.random.default_rng(0)
    for name in ("mate_Wood.jpg", "skimage_coffee.png"):
        Image.fromarray(pixels.integers(0, 255, (60, 100, 3), dtype=np.uint8)).save(tmp_path / "photos" / name)
    with av.open(str(tmp_path / "clips" / "clip.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height = 64, 48
        for _ in range(12):
            picture = pixels.integers(0, 255, (48, 64, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))

    paths = {"out": "out", "material": "material.npz", "photos": "photos", "clips": "clips"}
    numbers = {"height": 32, "width": 32, "frames": 5, "vae-steps": 2, "vae-batch": 2}
    numbers |= {"dit-scenes": 4, "dit-steps": 2, "dit-batch": 2}
    options = {"device": "cpu", **{name: str(tmp_path / path) for name, path in paths.items()}, **numbers}
    main([f"--{name}={value}" for name, value in options.items()])

    made = {path.name for path in (tmp_path / "out").iterdir()}
    assert made == {*tiny_wan.FILES.values(), "tokenizer", "recipe.log"}
    assert "dit step 2/2" in (tmp_path / "out" / "recipe.log").read_text()
