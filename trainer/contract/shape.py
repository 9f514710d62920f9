"""The shape that a sample is trained at: what the VAE and the DiT can take, and how people write it."""

import re
from typing import NamedTuple

from trainer.contract.problem import InvalidValue

SIZE_MULTIPLE = 32
"""Height and width in pixels: the VAE shrinks them 16 times, and the DiT's patches take 2 x 2 of what remains."""
LONGEST_SIDE, MOST_FRAMES = 4096, 1025
_WRITTEN = re.compile(r"\s*(\d{1,5})\s*x\s*(\d{1,5})\s*x\s*(\d{1,5})\s*", re.IGNORECASE)


class Shape(NamedTuple):
    """Height and width in pixels; one frame is an image."""

    height: int
    width: int
    frames: int

    @classmethod
    def parse(cls, text: str) -> "Shape":
        """Parse `text`, such as "480x832x49". Raises: InvalidValue."""
        found = _WRITTEN.fullmatch(text)
        if not found:
            raise InvalidValue("shape_form", text=repr(text))
        shape = cls(*map(int, found.groups()))
        whole_patches(shape.height)
        whole_patches(shape.width)
        whole_latent_frames(shape.frames)
        if not 0 < shape.height <= LONGEST_SIDE or not 0 < shape.width <= LONGEST_SIDE:
            raise InvalidValue("shape_sides", text=repr(text), least=SIZE_MULTIPLE, most=LONGEST_SIDE)
        if shape.frames > MOST_FRAMES:
            raise InvalidValue("shape_frames", text=repr(text), most=MOST_FRAMES)
        return shape

    def __str__(self) -> str:
        return f"{self.height}x{self.width}x{self.frames}"

    @property
    def tokens(self) -> int:
        """Of the DiT's: what the memory and the time of a step grow with. The VAE makes one latent frame of four."""
        return self.height * self.width // SIZE_MULTIPLE**2 * ((self.frames + 3) // 4)


def whole_patches(pixels: int) -> int:
    """Return `pixels` if the DiT's patches divide it. Raises: InvalidValue."""
    if pixels % SIZE_MULTIPLE:
        below = max(SIZE_MULTIPLE, pixels // SIZE_MULTIPLE * SIZE_MULTIPLE)
        raise InvalidValue("side", pixels=pixels, below=below, above=below + SIZE_MULTIPLE)
    return pixels


def whole_latent_frames(frames: int) -> int:
    """Return `frames` if it is 4n+1, as the VAE takes them. Raises: InvalidValue."""
    if frames % 4 != 1:
        below = max(1, (frames - 1) // 4 * 4 + 1)
        raise InvalidValue("frames", frames=frames, below=below, above=below + 4)
    return frames
