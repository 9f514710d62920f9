"""Keep the VAE off the GPU between two rounds of sample videos, so that training has the memory."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from trainer.contract.config import RunConfig
from trainer.models import ModelSpec
from trainer.models.wan.pipeline import Pipe, load_vae, release


class VaeOffload:
    """Keep the VAE on the CPU; load it the first time if caching has not needed it."""

    def __init__(
        self, spec: ModelSpec, config: RunConfig, device: torch.device, dtype: torch.dtype, loaded: Pipe | None
    ) -> None:
        self._spec, self._config, self._device, self._dtype = spec, config, device, dtype
        self._vae = None if loaded is None else loaded.vae.to("cpu")
        release(device)

    @contextmanager
    def on(self, pipe: Pipe) -> Iterator[None]:
        """Put the VAE into `pipe`, on its device, while the context lasts."""
        if self._vae is None:
            self._vae = load_vae(self._spec, self._config, self._device, self._dtype).vae
        vae = self._vae.to(self._device)
        pipe.vae = vae if self._dtype == pipe.torch_dtype else _Wider(vae, self._dtype)
        # As DiffSynth's from_pretrained sets them where the VAE is loaded with the DiT.
        pipe.height_division_factor = pipe.width_division_factor = pipe.vae.upsampling_factor * 2
        try:
            yield
        finally:
            self._vae.to("cpu")
            pipe.vae = None
            release(self._device)


class _Wider(torch.nn.Module):
    """Wrap a VAE for a pipeline of another number format."""

    def __init__(self, vae: Any, dtype: torch.dtype) -> None:
        super().__init__()
        self.model, self.upsampling_factor = vae.model, vae.upsampling_factor
        self._parts = (vae,)
        self._dtype = dtype

    def encode(self, videos: Iterable[torch.Tensor], **rest: Any) -> Any:
        return self._parts[0].encode([video.to(self._dtype) for video in videos], **rest)

    def decode(self, latents_BCFHW: torch.Tensor, **rest: Any) -> Any:
        return self._parts[0].decode(latents_BCFHW.to(self._dtype), **rest)
