"""Read images by Pillow: upright by the camera's tag, in sRGB by their colour profile, on white, in 8 bits."""

import io
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from trainer.contract.messages import message
from trainer.media.container import opened, video_format
from trainer.media.damage import Damage
from trainer.media.fitting import Frames, Size
from trainer.media.orientation import Orientation
from trainer.media.undecoded_image import undecoded_format

MOST_PIXELS = 200_000_000
"""Of an image. Larger ones are not decoded."""
ORIENTATION = 0x0112
_READABLE = (
    *("AVIF", "BMP", "DIB", "GIF", "ICNS", "ICO", "JPEG", "JPEG2000", "PCX", "PNG", "PPM", "QOI", "SGI"),
    *("TGA", "TIFF", "WEBP"),
)
"""Of Pillow's formats: those of others are documents, or run programs."""
_TURNED_BY_PILLOW = ("TIFF",)
"""Formats whose size Pillow gives as shown already."""
_STILL_THOUGH_SEVERAL = ("MPO", "ICO", "ICNS")
"""Formats that hold the same picture several times, at other sizes or from another angle."""
_CUT_SHORT = ("truncated", "broken", "premature", "not enough image data", "incomplete", "eof")
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError)
"""What Pillow's readers raise for files that are not as they should be."""
_SAME_LEVELS = 2
"""A profile that moves no colour by more levels is sRGB under another name."""

Image.MAX_IMAGE_PIXELS = None  # `open_image` looks at sizes before anything is decoded


@contextmanager
def open_image(file: IO[bytes]) -> Iterator[Image.Image]:
    """Open an image; what Pillow says of a damaged one is translated. Raises: Damage, MemoryError, OSError."""
    try:
        with Image.open(file, formats=_READABLE) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Damage(message("too_big.image", width=image.width, height=image.height))
            pictures = getattr(image, "n_frames", 1)
            if pictures > 1 and image.format not in _STILL_THOUGH_SEVERAL:
                is_animation = getattr(image, "is_animated", False) and image.format != "TIFF"
                raise Damage(
                    message("several_pictures.animation", pictures=pictures)
                    if is_animation
                    else message("several_pictures.file", pictures=pictures)
                )
            yield image
    except _DAMAGE as error:
        raise _damage(error, file) from None


def orientation_of(image: Image.Image, is_thorough: bool = True) -> Orientation:
    """Read how an opened image is turned, beside how Pillow gives it. To find a tag behind a PNG's picture all of it is
    decoded; not if it need not be `is_thorough`."""
    if image.format in _TURNED_BY_PILLOW:
        return Orientation()
    has_tag = is_thorough or image.format != "PNG" or "exif" in image.info or "Raw profile type exif" in image.info
    return Orientation.of_exif(image.getexif().get(ORIENTATION, 1) if has_tag else 1)


def is_plain(image: Image.Image) -> bool:
    """Tell whether an opened image's numbers are sRGB's."""
    return _to_srgb(image.info.get("icc_profile") or b"", _profile_mode(image)) is None and image.mode != "F"


def conversion_of(image: Image.Image) -> str:
    """Name what an opened image's colours are converted from: "cmyk", the "profile" that it carries, or nothing."""
    if image.mode == "CMYK":
        return "cmyk"
    return "profile" if _to_srgb(image.info.get("icc_profile") or b"", _profile_mode(image)) is not None else ""


def is_see_through(image: Image.Image) -> bool:
    """Tell whether an opened image has transparent parts. Its alpha channel is decoded. Raises: as `open_image`."""
    if not image.has_transparency_data:
        return False
    alpha = image.convert("RGBA").getchannel("A") if image.mode != "RGBA" else image.getchannel("A")
    return bool(np.asarray(alpha).min(initial=255) < 255)


def upright(image: Image.Image, least: int) -> Image.Image:
    """Decode an opened image: RGB in sRGB, upright. Its sides may be smaller than stored, not under `least`.

    Raises: what `open_image` translates.
    """
    image.draft("RGB", (least, least))  # a large JPEG is decoded at a fraction of its size
    profile = image.info.get("icc_profile") or b""
    turned = ImageOps.exif_transpose(image)
    return _to_rgb(turned, profile)


def read_image(path: Path, wanted: Size) -> Frames:
    """Read an image as FHWC with F 1, scaled to cover `wanted` and cropped at the centre. Raises: as `open_image`."""
    with opened(path) as file, open_image(file) as image:
        whole = upright(image, 2 * max(wanted))  # on both sides, for it may lie on one of them
        return np.array(ImageOps.fit(whole, wanted[::-1], Image.Resampling.LANCZOS), np.uint8)[None]


def shown_size(image: Image.Image, orientation: Orientation) -> Size:
    """Return the size at which an opened image is shown."""
    return Size(*orientation.sides(image.height, image.width))


def _to_rgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert to RGB; transparent parts become white."""
    if image.mode == "F":
        image = _eight_bits(np.asarray(image, np.float64))
    elif image.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off at 255
        image = Image.fromarray((np.asarray(image, np.int64).clip(0, 65535) >> 8).astype(np.uint8))
    transparency = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    if image.mode in ("P", "PA", "LA", "La", "RGBa", "1", "RGBX"):
        image = image.convert("RGBA").convert("RGB")
    elif image.mode == "RGBA":
        image = image.convert("RGB")
    transform = _to_srgb(profile, _profile_mode(image))
    opaque = image.convert("RGB") if transform is None else _applied(image, transform)
    if transparency is None:
        return opaque
    white = Image.new("RGB", opaque.size, "white")
    white.paste(opaque, mask=transparency)
    return white


def _applied(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None
    return converted


def _eight_bits(grey_HW: np.ndarray) -> Image.Image:
    """Make 8 bits of floating point numbers: of 0 to 1, or of 0 to 255 where some are larger. Raises: Damage."""
    most = np.nanmax(grey_HW, initial=0.0)
    if not 0 <= most <= 255:
        raise Damage(message("unreadable.numbers", most=most))
    scale = 255 if most <= 1 else 1
    return Image.fromarray((np.nan_to_num(grey_HW).clip(0, 255 / scale) * scale + 0.5).astype(np.uint8))


def _profile_mode(image: Image.Image) -> str:
    """Return the kind of numbers that an image's profile is about: RGB, L or CMYK."""
    if image.mode in ("L", "LA", "La", "1") or image.mode.startswith("I"):
        return "L"
    return image.mode if image.mode in ("CMYK", "LAB") else "RGB"


@lru_cache(maxsize=16)
def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Make the transform to sRGB; None without a profile, and with one of sRGB or not of `mode`."""
    if not profile:
        return None
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError):
        return None
    if mode == "CMYK":
        return transform
    sample = _colours() if mode == "RGB" else Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    moved = np.asarray(_applied(sample, transform), np.int16) - np.asarray(sample.convert("RGB"), np.int16)
    return transform if np.abs(moved).max() > _SAME_LEVELS else None


@lru_cache(maxsize=1)
def _colours() -> Image.Image:
    """Make a picture of 9 x 9 x 9 colours, in even steps."""
    axis = np.linspace(0, 255, 9).astype(np.uint8)
    cube = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1)
    return Image.fromarray(cube.reshape(27, 27, 3))


def _damage(error: Exception, file: IO[bytes]) -> Damage:
    if isinstance(error, UnidentifiedImageError):
        if name := undecoded_format(file):
            return Damage(message("unreadable.image_format", format=name))
        if name := video_format(file):
            return Damage(message("video_as_image", format=name))
        return Damage(message("unreadable.image"))
    if isinstance(error, OSError) and error.errno is not None:
        raise error
    said = str(error) or type(error).__name__
    if any(word in said.lower() for word in _CUT_SHORT):
        return Damage(message("truncated.image", reason=said))
    return Damage(message("decode_error.image", reason=said, size_bytes=os.fstat(file.fileno()).st_size))
