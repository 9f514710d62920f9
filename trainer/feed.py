"""The samples of a run in their order, the next one read while the current one trains."""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import torch
from safetensors import SafetensorError

from trainer.caching import Clip
from trainer.contract.config import Problem, RunConfig
from trainer.latents import LatentCache

Cached = tuple[torch.Tensor, torch.Tensor]
"""A clip's latents_BCFHW and its caption's context_BTD, on the CPU."""


class Feed:
    """Reads what is cached of `clips`. For one thread."""

    def __init__(
        self, config: RunConfig, cache: LatentCache, clips: list[Clip], device: torch.device, dtype: torch.dtype
    ) -> None:
        self._cache, self._clips, self._device, self._dtype = cache, clips, device, dtype
        self._has_first_frame = config.extra_inputs == "input_image"
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="feed")
        self._ahead: dict[int, Future[Cached]] = {}

    def get(self, index: int, then: int | None = None) -> dict[str, Any]:
        """What the loss and the model take of sample `index`; begins to read `then`, which is asked for next.

        Raises: Problem where the cache has lost it.
        """
        ahead = self._ahead.pop(index, None)
        self._ahead.clear()
        found = ahead.result() if ahead is not None else self._read(index)
        if then is not None:
            self._ahead[then] = self._reader.submit(self._read, then)
        latents_BCFHW, context_BTD = (tensor.to(self._device, non_blocking=True) for tensor in found)
        inputs: dict[str, Any] = {"input_latents": latents_BCFHW, "context": context_BTD}
        if self._has_first_frame:
            inputs |= {"first_frame_latents": latents_BCFHW[:, :, 0:1], "fuse_vae_embedding_in_latents": True}
        return inputs

    def _read(self, index: int) -> Cached:
        clip = self._clips[index]
        try:
            latents_BCFHW = self._cache.read_clip(clip.latents).to(self._dtype)
            context_BTD = self._cache.read_text(clip.text).to(self._dtype)
        except (OSError, SafetensorError, KeyError) as error:
            problem = f"What was cached of {clip.row.video} cannot be read any more: {error}."
            raise Problem("cache_damaged", problem, "Resume the run; it is cached again.") from error
        if self._device.type == "cuda":
            return latents_BCFHW.pin_memory(), context_BTD.pin_memory()
        return latents_BCFHW, context_BTD
