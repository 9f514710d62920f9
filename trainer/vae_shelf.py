"""Where the VAE waits between two rounds of sample videos: off the GPU, so that training has the memory."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from trainer.contract.config import RunConfig
from trainer.models import ModelSpec
from trainer.pipeline import Pipe, load_vae


class VaeShelf:
    """Holds the VAE on the CPU; loads it the first time where caching has not needed it."""

    def __init__(
        self, spec: ModelSpec, config: RunConfig, device: torch.device, dtype: torch.dtype, loaded: Pipe | None
    ) -> None:
        self._spec, self._config, self._device, self._dtype = spec, config, device, dtype
        self._vae = None if loaded is None else loaded.vae.to("cpu")
        release(device)

    @contextmanager
    def on(self, pipe: Pipe) -> Iterator[None]:
        """`pipe` with the VAE, on its device."""
        if self._vae is None:
            self._vae = load_vae(self._spec, self._config, self._device, self._dtype).vae
        pipe.vae = self._vae.to(self._device)
        # As DiffSynth's from_pretrained sets them where the VAE is loaded with the DiT.
        pipe.height_division_factor = pipe.width_division_factor = pipe.vae.upsampling_factor * 2
        try:
            yield
        finally:
            self._vae.to("cpu")
            pipe.vae = None
            release(self._device)


def release(device: torch.device) -> None:
    """Give the memory of what is gone back to the GPU: the next models are of other sizes."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
