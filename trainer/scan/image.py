"""Inspect images: read the header, and measure the picture."""

from typing import IO, Any

from PIL import Image

from trainer.media.image import conversion_of, is_see_through, open_image, orientation_of, shown_size, upright
from trainer.scan.measures import LONG_SIDE
from trainer.scan.observation import Observation, describe, luma_of, thumbnail


def inspect_image(file: IO[bytes], deep: bool) -> Observation:
    """Read an image's header; `deep` decodes and measures it, too. Raises: Damage, MemoryError, OSError."""
    with open_image(file) as image:
        fields = _header(image, deep)
        return _deeper(image, fields) if deep else Observation(fields)


def _header(image: Image.Image, deep: bool) -> dict[str, Any]:
    orientation = orientation_of(image, is_thorough=deep)
    shown = shown_size(image, orientation)
    return {
        "container": (image.format or "").lower(),
        "codec": image.mode,
        "width": shown.width,
        "height": shown.height,
        "rotation": orientation.rotation,
        "is_mirrored": orientation.is_mirrored,
        "has_alpha": is_see_through(image) if deep else image.has_transparency_data,
        "colour": conversion_of(image),
        "frames": 1,
    }


def _deeper(image: Image.Image, fields: dict[str, Any]) -> Observation:
    scale = min(1.0, LONG_SIDE / max(image.size))
    picture = upright(image, max(1, int(min(image.size) * scale)))
    picture.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.BOX)
    luma = luma_of(picture)
    return Observation(fields | describe([luma], luma, None), thumbnail(picture))
