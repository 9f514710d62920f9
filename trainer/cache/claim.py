"""Choose the keys of a run's samples, write down that the run uses them, and make room for what it will write."""

from collections.abc import Iterable, Sequence

from trainer.cache.latent_cache import LatentCache
from trainer.contract.cache import eviction, limit, reuse, uses
from trainer.contract.cache.keys import old_clip_key, sample_key, text_key
from trainer.contract.cache.media_header import MediaHeader, path_key
from trainer.contract.cache.reuse import Known, Reuse, Wanted
from trainer.contract.config import RunConfig
from trainer.contract.flock import shared
from trainer.contract.messages import message, sentence
from trainer.contract.plan.disk import latent_bytes
from trainer.contract.plan.sizes import SIZES
from trainer.contract.problem import Problem
from trainer.contract.window import Window
from trainer.data.clip import Placed
from trainer.telemetry.step_log import StepLog

Keyed = tuple[Placed, tuple[str, ...]]
"""A sample, and the keys of its latents, one a window."""
Sample = tuple[Placed, MediaHeader]


class Claim:
    """Claim entries of `cache` for a run of `config`."""

    def __init__(self, config: RunConfig, cache: LatentCache) -> None:
        self._config, self._cache = config, cache

    def keys(self, samples: Sequence[Sample]) -> list[Keyed]:
        """Choose the keys of the latents. For ranks but the main one, which says and writes nothing."""
        with shared(self._cache.root / eviction.LOCK):
            return self._keys(samples)

    def keys_and_uses(self, samples: Sequence[Sample], captions: Iterable[str], log: StepLog) -> list[Keyed]:
        """Choose the keys, say what is encoded anew and why, write down the use, and evict what has no room.

        `captions`: all texts that the run shows. Raises: OSError (a full disk).
        """
        texts = {text_key(caption, self._cache.tokenizer): text_key(caption) for caption in captions}
        root = self._cache.root
        with shared(root / eviction.LOCK):
            keyed = self._keys(samples)
            known = Known.read(root.parents[1], root.parent.name, root, self._cache.attempt)
            found = reuse.count(map(self._wanted, samples, keyed), known)
            reuse.count_captions(found, texts.items(), known)
            run, _, attempt = self._cache.attempt.rpartition("/")
            if run:
                uses.write(root, run, int(attempt), [*texts, *(key for _, keys in keyed for key in keys)])
        if found.samples:
            log.phase("headers", item=found.text)
        self._make_room(found, run, log)
        return keyed

    def _keys(self, samples: Sequence[Sample]) -> list[Keyed]:
        return [
            (placed, tuple(self._key(placed, each, header) for each in placed.windows)) for placed, header in samples
        ]

    def _key(self, sample: Placed, window: Window, header: MediaHeader) -> str:
        """Choose the key of a sample's latents: that of what version 0.1 has encoded, where that is there and its
        picture was the same, or the run began with it."""
        key = sample_key(header.content, sample.shape, window, is_image=sample.row.is_image)
        if self._config.has_old_pictures or header.was_decoded_alike(sample.shape, window):
            old = old_clip_key(sample.row.path, sample.shape, is_image=sample.row.is_image)
            if not self._cache.has_clip(key) and self._cache.has_clip(old):
                return old
        return key

    def _wanted(self, sample: Sample, keyed: Keyed) -> Wanted:
        placed, header = sample
        old = old_clip_key(placed.row.path, placed.shape, is_image=placed.row.is_image)
        return Wanted(placed.shape, path_key(str(placed.row.path)), header.content, keyed[1], old)

    def _make_room(self, found: Reuse, run: str, log: StepLog) -> None:
        """Evict what the limit has no room for; what cannot be done is told, and the run goes on."""
        cache, sizes = self._cache.root.parents[1], SIZES[self._config.model]
        try:
            limit_bytes = limit.from_environment()
            if limit_bytes is None:
                return
            needed = sum(
                samples * latent_bytes(shape, sizes, self._cache.number_bytes) for shape, samples in found.anew.items()
            )
            evicted = eviction.evict(cache, max(0, limit_bytes - needed), keeps=run)
        except Problem as problem:
            log.warning(problem.said)
        except OSError as error:
            log.warning(message("cache_not_evicted", reason=error.strerror or type(error).__name__))
        else:
            if evicted.entries:
                size_gb = evicted.size_bytes / 1e9
                log.phase("headers", item=sentence("cache.evicted", entries=evicted.entries, size_gb=size_gb))
