"""What a run writes: bytes of its cache, checkpoints, sample videos and logs, by the formats that the trainer has."""

from collections.abc import Mapping

from trainer.contract.config import RunConfig
from trainer.contract.plan.sizes import Sizes
from trainer.contract.plan.step_time import Range
from trainer.contract.shape import Shape

CHARACTERS_A_TOKEN = (2.0, 5.0)
"""Of a caption, by language; what is past the tokenizer's limit is cut off."""
MOST_TOKENS = 512
FILE_BYTES = (300, 4400)
"""Beside the numbers: a safetensors header, and what a file system rounds up to."""
VIDEO_BITS_A_PIXEL = (0.03, 0.4)
STEP_BYTES = (200, 330)
"""A step's line in the log, and the same in the database, packed."""
CHECKPOINT_NUMBERS = 3
"""fp32 for each weight of the LoRA: itself and AdamW's two moments."""


def latent_bytes(shape: Shape, sizes: Sizes, number_bytes: int) -> int:
    """One clip's latents_BCFHW. `number_bytes`: of the encoders' format."""
    stride = sizes.vae_stride
    frames = (shape.frames + 3) // 4
    return sizes.latent_channels * frames * (shape.height // stride) * (shape.width // stride) * number_bytes


def cache_bytes(clips: Mapping[Shape, int], captions: int, characters: int, sizes: Sizes, number_bytes: int) -> Range:
    """`captions` are the different ones, of so many characters together."""
    latents = sum(count * latent_bytes(shape, sizes, number_bytes) for shape, count in clips.items())
    files = captions + sum(clips.values())
    mean = characters / max(1, captions)
    low, high = (min(MOST_TOKENS, mean / per_token + 1) * captions for per_token in reversed(CHARACTERS_A_TOKEN))
    of_token = sizes.text_dim * number_bytes
    return Range(latents + low * of_token + files * FILE_BYTES[0], latents + high * of_token + files * FILE_BYTES[1])


def checkpoint_bytes(lora_parameters: int) -> int:
    return lora_parameters * 4 * CHECKPOINT_NUMBERS


def kept_checkpoints(config: RunConfig, saved: int) -> int:
    """How many lie on the disk at once at most: those kept, the best one, and the one being written."""
    return saved if config.keep_checkpoints is None else min(saved, config.keep_checkpoints + 2)


def video_bytes(config: RunConfig, videos: int) -> Range:
    """Of sample videos in H.264."""
    pixels = config.height * config.width * config.num_frames
    low, high = VIDEO_BITS_A_PIXEL
    return Range(videos * pixels * low / 8, videos * pixels * high / 8)
