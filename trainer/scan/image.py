"""Inspect images by Pillow: read the header, and measure the picture."""

import os
from typing import IO, Any

from PIL import Image, ImageOps, UnidentifiedImageError

from trainer.data.image import DAMAGE, ORIENTATION, TURNED, to_rgb
from trainer.scan.clip import video_format
from trainer.scan.damage import COPY, Damage, too_big
from trainer.scan.measures import LONG_SIDE
from trainer.scan.observation import Observation, describe, luma_of, thumbnail

MOST_PIXELS = 200_000_000
_CLOCKWISE = {3: 180, 4: 180, 5: 90, 6: 90, 7: 270, 8: 270}
"""Rotation in degrees by EXIF orientation; mirroring is ignored."""
_STILL_THOUGH_SEVERAL = ("MPO", "ICO", "ICNS")
"""Formats that hold the same picture several times, at other sizes or from another angle."""
_CUT_SHORT = ("truncated", "broken", "premature", "not enough image data", "incomplete", "eof")


def inspect_image(file: IO[bytes], deep: bool) -> Observation:
    """Read an image's header; `deep` decodes and measures it, too. Raises: Damage, MemoryError."""
    Image.MAX_IMAGE_PIXELS = None  # sizes are looked at below, before anything is decoded
    try:
        with Image.open(file) as image:
            fields = _header(image, deep)
            return _deeper(image, fields) if deep else Observation(fields)
    except DAMAGE as error:
        raise _damage(error, file) from None


def _header(image: Image.Image, deep: bool) -> dict[str, Any]:
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise too_big(f"{width} x {height} pixels")
    # To find a block that may be behind the picture, Pillow decodes all of a PNG: that has time until the next look.
    has_exif = deep or image.format != "PNG" or "exif" in image.info or "Raw profile type exif" in image.info
    orientation = image.getexif().get(ORIENTATION, 1) if has_exif else 1
    pictures = getattr(image, "n_frames", 1)
    if pictures > 1 and image.format not in _STILL_THOUGH_SEVERAL:
        what = "an animation" if getattr(image, "is_animated", False) and image.format != "TIFF" else "a file"
        raise Damage(
            "several_pictures",
            f"It is {what} of {pictures} pictures, of which training would use the first alone. "
            "Save the one that is meant as JPEG or PNG, or encode an animation as MP4.",
        )
    if orientation in TURNED:
        width, height = height, width
    return {
        "container": (image.format or "").lower(),
        "codec": image.mode,
        "width": width,
        "height": height,
        "rotation": _CLOCKWISE.get(orientation, 0),
        "frames": 1,
    }


def _deeper(image: Image.Image, fields: dict[str, Any]) -> Observation:
    scale = min(1.0, LONG_SIDE / max(image.size))
    # A large JPEG is decoded at a fraction of its size.
    image.draft("RGB", (max(1, int(image.width * scale)), max(1, int(image.height * scale))))
    image.load()
    upright = to_rgb(ImageOps.exif_transpose(image))
    upright.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.BOX)
    luma = luma_of(upright)
    return Observation(fields | describe([luma], luma, None), thumbnail(upright))


def _damage(error: Exception, file: IO[bytes]) -> Damage:
    if isinstance(error, UnidentifiedImageError):
        if name := video_format(file):
            return Damage("video_as_image", f"It is a video ({name}) under the name of an image. Rename it.")
        return Damage("unreadable", "It is not an image that can be read. Save it as JPEG or PNG.")
    said = str(getattr(error, "strerror", None) or error) or type(error).__name__
    if any(word in said.lower() for word in _CUT_SHORT):
        return Damage("truncated", f"It is cut short: its picture ends before it is whole ({said}). {COPY}")
    size = os.fstat(file.fileno()).st_size
    return Damage("decode_error", f"It cannot be decoded ({said}; it has {size:,} bytes). {COPY}")
