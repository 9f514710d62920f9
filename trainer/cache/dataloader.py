"""Feed cached samples to the loop, reading the next batch while the current one trains.

Tensor names end in their axes: B batch, C channels, F latent frames, H height, W width, T tokens, D features.
"""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import torch

from trainer.cache.latent_cache import Damaged, LatentCache
from trainer.contract.config import RunConfig
from trainer.contract.messages import message
from trainer.contract.problem import Problem
from trainer.data.captions import draw_caption
from trainer.data.clip import Clip

Cached = tuple[torch.Tensor, torch.Tensor]
"""A clip's latents_BCFHW and its caption's context_BTD, on the CPU."""


class Moment(NamedTuple):
    """When a batch is trained on, which decides what is drawn of a sample; both are 0 for none of training."""

    epoch: int = 0
    """From 1."""
    micro_step: int = 0


class Asked(NamedTuple):
    """One sample, which of its windows, and which of its texts."""

    sample: int
    window: int
    text: int


_PARTS = 2
"""Of what is cached of a sample: each may be damaged."""


class LatentDataLoader:
    """Read the cache entries of `clips`; `repair` re-encodes a damaged one. For one thread."""

    def __init__(
        self,
        config: RunConfig,
        cache: LatentCache,
        clips: Sequence[Clip],
        device: torch.device,
        dtype: torch.dtype,
        repair: Callable[[Clip, Damaged], None],
    ) -> None:
        self._cache, self._clips, self._device, self._dtype, self._repair = cache, clips, device, dtype, repair
        self._has_first_frame = config.extra_inputs == "input_image"
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dataloader")
        self._seed = config.seed
        self._ahead: dict[Asked, Future[Cached]] = {}

    def get(
        self, batch: Sequence[int], then: Sequence[int] = (), moments: tuple[Moment, Moment] = (Moment(), Moment())
    ) -> dict[str, Any]:
        """Return the model's inputs for the samples `batch`, which have one shape, and begin to read `then`, the next
        batch. `moments`: that of each.

        A sample of one latent frame gets no first frame: it would be all there is. Raises: Problem where a sample is
        lost for good.
        """
        ahead, self._ahead = self._ahead, {}
        asked = [self._asked(index, moments[0]) for index in batch]
        found = [self._whole(each, ahead.get(each)) for each in asked]
        coming = dict.fromkeys(self._asked(index, moments[1]) for index in then)
        self._ahead = {each: self._reader.submit(self._read, each) for each in coming}
        latents_BCFHW, context_BTD = (self._joined(parts) for parts in zip(*found, strict=True))
        inputs: dict[str, Any] = {"input_latents": latents_BCFHW, "context": context_BTD}
        if self._has_first_frame and latents_BCFHW.shape[2] > 1:
            inputs |= {"first_frame_latents": latents_BCFHW[:, :, 0:1], "fuse_vae_embedding_in_latents": True}
        return inputs

    def _joined(self, parts: Sequence[torch.Tensor]) -> torch.Tensor:
        there = [part.to(self._device, non_blocking=True) for part in parts]
        return torch.cat(there) if len(there) > 1 else there[0]

    def _asked(self, index: int, moment: Moment) -> Asked:
        clip, text = self._clips[index], 0
        if moment.epoch:
            text = draw_caption(self._seed, moment.micro_step, index, len(clip.texts), clip.dropout)
        return Asked(index, self._window(index, moment.epoch), text)

    def _window(self, index: int, epoch: int) -> int:
        """Draw the window that a sample shows in an epoch; in epoch 0, which is none of training, the first."""
        count = len(self._clips[index].latents)
        if count == 1 or epoch == 0:
            return 0
        digest = hashlib.blake2b(f"{self._seed} {epoch} {index}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) % count

    def _whole(self, asked: Asked, ahead: "Future[Cached] | None") -> Cached:
        """Read a sample, repaired if it is damaged. Raises: Problem."""
        for _ in range(_PARTS):
            try:
                return ahead.result() if ahead is not None else self._read(asked)
            except Damaged as damaged:
                self._repair(self._clips[asked.sample], damaged)
                ahead = None
        try:
            return self._read(asked)
        except Damaged as damaged:
            said = message("cache_damaged.still", of=self._clips[asked.sample].row.video, reason=damaged)
            raise Problem(said) from damaged

    def _read(self, asked: Asked) -> Cached:
        """Read a sample. Raises: Damaged."""
        clip = self._clips[asked.sample]
        latents_BCFHW = self._cache.read_clip(clip.latents[asked.window]).to(self._dtype)
        context_BTD = self._cache.read_text(clip.texts[asked.text]).to(self._dtype)
        if self._device.type == "cuda":
            return latents_BCFHW.pin_memory(), context_BTD.pin_memory()
        return latents_BCFHW, context_BTD
