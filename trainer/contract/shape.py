"""The shape that a sample is trained at, and how people write it; `trainer.contract.families` has the models' rules."""

import re
from typing import NamedTuple

from trainer.contract.problem import InvalidValue

SHORTEST_SIDE, LONGEST_SIDE, MOST_FRAMES = 32, 4096, 1025
FRAMES_A_LATENT = 4
"""Frames that the VAE makes one latent frame of; the first frame has one of its own."""
_WRITTEN = re.compile(r"\s*(\d{1,5})\s*x\s*(\d{1,5})\s*x\s*(\d{1,5})\s*", re.IGNORECASE)


def covering_sides(shown: tuple[int, int], wanted: tuple[int, int]) -> tuple[int, int]:
    """Return the height and width to which a picture is scaled so that it covers `wanted`, with its sides' ratio."""
    scale = max(wanted[0] / shown[0], wanted[1] / shown[1])
    return max(wanted[0], round(shown[0] * scale)), max(wanted[1], round(shown[1] * scale))


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
        if not all(SHORTEST_SIDE <= side <= LONGEST_SIDE for side in shape[:2]):
            raise InvalidValue("shape_sides", text=repr(text), least=SHORTEST_SIDE, most=LONGEST_SIDE)
        if not 0 < shape.frames <= MOST_FRAMES:
            raise InvalidValue("shape_frames", text=repr(text), most=MOST_FRAMES)
        return shape

    def __str__(self) -> str:
        return f"{self.height}x{self.width}x{self.frames}"

    @property
    def latent_frames(self) -> int:
        """What the VAE makes of the frames."""
        return (self.frames + FRAMES_A_LATENT - 1) // FRAMES_A_LATENT

    @property
    def volume(self) -> int:
        """Pixels of all latent frames: a model's tokens are in proportion to it."""
        return self.height * self.width * self.latent_frames
