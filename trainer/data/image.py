"""Read images by Pillow: upright by the camera's EXIF, and in RGB as videos are."""

import struct
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from trainer.contract.messages import message
from trainer.contract.problem import Problem
from trainer.contract.shape import Shape
from trainer.data.video import Frames

TURNED = (5, 6, 7, 8)
"""EXIF orientations in which width and height are exchanged."""
ORIENTATION = 0x0112
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError)
"""What Pillow's readers raise for files that are not as they should be."""


def read_image(path: Path, height: int, width: int) -> Frames:
    """Read an image as FHWC with F 1, scaled to cover the size and cropped at the centre.

    Raises: Problem (clip_unreadable); `message` has no file name in it.
    """
    try:
        with Image.open(path) as image:
            enough = 2 * max(height, width)  # on both sides, for it may lie on one of them
            image.draft("RGB", (enough, enough))  # a large JPEG is decoded at a fraction of its size
            upright = ImageOps.exif_transpose(image)
            fitted = ImageOps.fit(to_rgb(upright), (width, height), Image.Resampling.LANCZOS)
    except DAMAGE as error:
        raise _unreadable(error) from None
    return np.array(fitted, np.uint8)[None]


def image_size(path: Path) -> Shape:
    """Read the size at which an image is shown, from its header alone. Raises: as `read_image`."""
    try:
        with Image.open(path) as image:
            width, height = image.size
            if image.getexif().get(ORIENTATION) in TURNED:
                width, height = height, width
    except DAMAGE as error:
        raise _unreadable(error) from None
    return Shape(height, width, 1)


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert to RGB; transparent parts become white."""
    if image.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off at 255
        grey = np.asarray(image, np.int64).clip(0, 65535) >> 8
        return Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        above = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", above.size, "white"), above).convert("RGB")
    return image.convert("RGB")


def _unreadable(error: Exception) -> Problem:
    if isinstance(error, UnidentifiedImageError):
        return Problem(message("clip_unreadable.no_image"))
    return Problem(message("clip_unreadable.image", reason=getattr(error, "strerror", None) or error))
