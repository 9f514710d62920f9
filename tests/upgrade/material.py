"""Clips that are made up in a moment, and the config of a small run on them."""

import csv
from pathlib import Path
from typing import Any

import av
import numpy as np

STEPS = 60
SETTINGS: dict[str, Any] = {
    "name": "upgrade",
    "model": "tiny-wan",
    "height": 64,
    "width": 64,
    "num_frames": 5,
    "extra_inputs": "input_image",
    "dataset_repeat": 100,
    "max_steps": STEPS,
    "lora_rank": 4,
    "learning_rate": 1e-3,
    "warmup_steps": 2,
    "use_gradient_checkpointing": False,
    "seed": 7,
    "keep_checkpoints": None,
    "save_steps": 15,
    "eval_steps": 30,
    "eval_samples": 2,
    "sample_steps": 30,
    "sample_prompts": ["a square"],
    "sample_num_inference_steps": 2,
    "sample_cfg_scale": 1.0,
}


def make_clips(folder: Path, clips: int = 4) -> Path:
    """Write short clips of a square that moves, and the table that lists them with captions."""
    folder.mkdir(parents=True)
    rows = [(f"clip-{number}.mp4", f"a square of kind {number}") for number in range(clips)]
    for number, (name, _) in enumerate(rows):
        _write_clip(folder / name, shade=40 * number)
    with open(folder / "metadata.csv", "w", newline="") as file:
        csv.writer(file).writerows([("video", "prompt"), *rows])
    return folder


def model_files(weights: Path) -> dict[str, Any]:
    """The settings that name tiny-wan's files in `weights`.

    A cache is of encoders in certain files. Code in another place brings other files, so what is to be used by both
    is named.
    """
    files = sorted(map(str, weights.glob("*.safetensors")))
    return {"model_paths": files, "tokenizer_path": str(weights / "tokenizer")}


def _write_clip(path: Path, frames: int = 9, height: int = 64, width: int = 80, shade: int = 0) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=16)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            image = np.full((height, width, 3), 30 + shade, np.uint8)
            left = number * (width - 24) // frames
            image[16:40, left : left + 24] = (200, 220 - shade, 60)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
