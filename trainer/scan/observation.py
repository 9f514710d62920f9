"""Gather what inspecting a file gives, before it is a fact."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from trainer.scan.measures import Luma, measure, perceptual_hash

THUMBNAIL_SIDE = 256
_QUALITY = 70


@dataclass
class Observation:
    """What was seen in a file: `fields` of `trainer.contract.scan.Media`, and a WebP `thumbnail` or none."""

    fields: dict[str, Any]
    thumbnail: bytes = b""


def describe(pictures: list[Luma], middle: Luma, cut: float | None) -> dict[str, Any]:
    """Measure the pictures of a file. `middle` is the upright picture to recognise near duplicates by."""
    measured = measure(pictures)
    numbers = {name: round(value, 4) for name, value in vars(measured).items() if value is not None}
    if cut is not None:
        numbers["cut"] = round(cut, 4)
    return {"frames_seen": len(pictures), "hash64": perceptual_hash(middle), **numbers}


def thumbnail(picture: Image.Image) -> bytes:
    """Encode `picture`, upright and in RGB, as a small WebP."""
    small = picture.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    file = io.BytesIO()
    small.save(file, "WEBP", quality=_QUALITY, method=0)
    return file.getvalue()


def luma_of(picture: Image.Image) -> Luma:
    return np.asarray(picture.convert("L"), np.uint8)
