"""What is known of each model without its files: the sizes and the frame rate that it takes, and where it comes from.

`trainer.contract.plan.sizes` has the numbers of its parts, `trainer.models.registry` the files.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from trainer.contract.problem import InvalidValue
from trainer.contract.shape import FRAMES_A_LATENT, Shape

PATCH = 2
"""Latent pixels on each side of what the DiT takes for one token."""


@dataclass(frozen=True)
class Family:
    """Describe one model. `vae_stride`: pixels on each side of a latent pixel. `frame_rate`: of the videos that it was
    trained on, frames a second; None where it has none of its own, so that clips are taken as they are.
    """

    vae_stride: int
    frame_rate: float | None
    tokenizer: tuple[str, str] | None = None
    """The repository and the pattern that DiffSynth fetches it by; None where it ships with Loradeck."""
    takes_first_frame: bool = True
    """Whether it can begin with an image ("input_image")."""

    @property
    def is_shipped(self) -> bool:
        """Tell whether all of it ships with Loradeck; such a model trains on the CPU, too."""
        return self.tokenizer is None

    @property
    def side_multiple(self) -> int:
        """Height and width in pixels are multiples of this."""
        return self.vae_stride * PATCH

    def tokens(self, shape: Shape) -> int:
        """Count the DiT's tokens of a sample: memory and the time of a step grow with them."""
        height, width = shape.height // self.side_multiple, shape.width // self.side_multiple
        return height * width * shape.latent_frames

    def check_side(self, pixels: int) -> int:
        """Return `pixels` if the model takes a side of so many. Raises: InvalidValue."""
        step = self.side_multiple
        if pixels % step:
            below = max(step, pixels // step * step)
            raise InvalidValue("side", pixels=pixels, below=below, above=below + step)
        return pixels

    def check_frames(self, frames: int) -> int:
        """Return `frames` if it is 4n+1, as the VAE takes them. Raises: InvalidValue."""
        if frames % FRAMES_A_LATENT != 1:
            below = max(1, (frames - 1) // FRAMES_A_LATENT * FRAMES_A_LATENT + 1)
            raise InvalidValue("frames", frames=frames, below=below, above=below + FRAMES_A_LATENT)
        return frames

    def check(self, shape: Shape) -> Shape:
        """Return `shape` if the model takes it. Raises: InvalidValue."""
        self.check_side(shape.height)
        self.check_side(shape.width)
        self.check_frames(shape.frames)
        return shape


_UMT5 = ("Wan-AI/Wan2.1-T2V-1.3B", "google/umt5-xxl/")

FAMILIES: Mapping[str, Family] = {
    "tiny-wan": Family(vae_stride=16, frame_rate=None),
    # Frame rates: `sample_fps` in Wan2.1's and Wan2.2's own configs (wan/configs/shared_config.py, wan_ti2v_5B.py).
    "wan2.1-t2v-1.3b": Family(vae_stride=8, frame_rate=16, tokenizer=_UMT5, takes_first_frame=False),
    "wan2.2-ti2v-5b": Family(vae_stride=16, frame_rate=24, tokenizer=_UMT5),
}
MODELS = tuple(FAMILIES)
