"""Fill the cache: decode each clip, encode it by the VAE, and encode each caption by the text encoder.

The ranks share the work by index and never talk to each other here: a rank that is done looks at the cache until the
others' files are there too. No time-out of a collective can run while a slow clip is encoded elsewhere.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence, Sized
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TypeVar

import torch

from trainer.cache.claim import Claim
from trainer.cache.decoders import Decoders
from trainer.cache.latent_cache import LatentCache
from trainer.contract.cache import tokenizer
from trainer.contract.cache.keys import file_key, text_key
from trainer.contract.captions import texts_of
from trainer.contract.config import RunConfig
from trainer.contract.messages import message
from trainer.contract.plan import buckets
from trainer.contract.problem import Problem
from trainer.contract.window import Window
from trainer.data.clip import Clip, Placed
from trainer.data.media_headers import MediaHeader, MediaHeaders
from trainer.data.metadata import Rejected, Row
from trainer.data.placing import place
from trainer.data.unusable import Unusable
from trainer.distributed.world import World
from trainer.media.fitting import Frames
from trainer.models import ModelSpec
from trainer.models.registry import tokenizer_folder
from trainer.models.wan.pipeline import Pipe, load_text_encoder, load_vae
from trainer.models.wan.text import count_tokens, encode_text
from trainer.models.wan.vae import encode_clip
from trainer.supervision.stop import StopWatch
from trainer.telemetry.step_log import StepLog

PEERS_IDLE_LIMIT_S = 1800.0
"""How long to wait for other ranks without one new file of theirs: one clip never takes half an hour."""
_LOG_EVERY_S = 0.25

FILES_A_DECODER = 4
"""So many files are worth another process, which takes half a second to start."""
DECODERS = 3
"""Clips decoded at a time, ahead of the one that the VAE is at. Each takes as much memory as its frames."""

T = TypeVar("T")


@dataclass(frozen=True)
class _Decoding:
    key: str
    frames: "Future[Frames | Unusable]"


@dataclass
class EncodeStage:
    """Encode this rank's share. `vae` is the pipeline it loaded for the clips, if it had to; `text_device` is the text
    encoder's device, by default `device`.
    """

    config: RunConfig
    spec: ModelSpec
    cache: LatentCache
    world: World
    device: torch.device
    dtype: torch.dtype
    log: StepLog
    stop: StopWatch
    text_device: torch.device | None = None
    vae: Pipe | None = None
    encoded: int = 0
    """Clips that were decoded and encoded here and now, in `encoding_s` seconds, without loading the VAE."""
    encoding_s: float = 0.0
    caption_tokens: dict[str, int] = field(default_factory=dict)
    """By text how many tokens it has before it is cut; 0 where an older cache does not tell."""

    def fill(self, rows: Sequence[Row], prompts: Iterable[str]) -> tuple[list[Clip], list[Rejected]]:
        """Return the usable clips, all cached, and the rows whose clip cannot be decoded; the same on every rank. Clips
        are sorted by shape, most tokens first.

        `prompts` are cached beside the captions. Raises: Problem, Stopped, OSError.
        """
        placed, rejected = self._place(rows)
        datasets = self.config.datasets
        captions = [texts_of(sample.row.prompt, datasets[sample.row.dataset]) for sample, _ in placed]
        shown, claim = list(dict.fromkeys(chain(prompts, *captions))), Claim(self.config, self.cache)
        keyed = claim.keys_and_uses(placed, shown, self.log) if self.world.is_main else claim.keys(placed)
        self._fill_texts(shown)
        wanted: dict[str, tuple[Placed, Window]] = {}
        for sample, keys in reversed(keyed):
            wanted |= {key: (sample, window) for key, window in zip(keys, sample.windows, strict=True)}
        self._fill_clips(dict(reversed(wanted.items())))
        clips = []
        for (sample, keys), texts in zip(keyed, captions, strict=True):
            notes = [note for key in keys if (note := self.cache.unusable(key)) is not None]
            if not notes:
                text_keys = tuple(text_key(text, self.cache.tokenizer) for text in texts)
                clips.append(Clip(sample, keys, text_keys, datasets[sample.row.dataset].caption_dropout))
            elif not rejected or rejected[-1].place != sample.row.place:  # once for all samples of a row
                rejected.append(_rejected(sample.row, notes[0]))
        order = {shape: number for number, shape in enumerate(buckets.sizes(clip.shape for clip in clips))}
        return sorted(clips, key=lambda clip: order[clip.shape]), sorted(rejected, key=lambda row: row.place)

    def _place(self, rows: Sequence[Row]) -> tuple[list[tuple[Placed, MediaHeader]], list[Rejected]]:
        """Choose the samples of each row and their shape, by its file's header."""
        keys = {row.path: file_key(row.path) for row in rows}
        unsure = {keys[row.path]: row for row in rows}
        headers = MediaHeaders(self.cache.headers, self.cache.attempt)
        share = [(key, row) for key, row in self._share(unsure) if not headers.has(key)]
        with self._decoders(len(share)) as decoders:
            for looked in headers.probe(share, decoders.header):
                self.log.phase("headers", done=looked, total=len(share), item=share[looked - 1][1].video)
                self.stop.check()
        self._await_peers(unsure, "headers", headers.has)
        whole: list[tuple[Row, MediaHeader]] = []
        rejected = []
        for row in rows:
            header = headers[keys[row.path]]
            if isinstance(header, Unusable):
                rejected.append(_rejected(row, header))
            else:
                whole.append((row, header))
        placed: list[tuple[Placed, MediaHeader]] = []
        for (row, _), (header, samples) in zip(whole, place(self.config, whole), strict=True):
            if isinstance(samples, Problem):
                rejected.append(Rejected(row.line, row.video, samples.said, row.dataset))
            else:
                placed += [(sample, header) for sample in samples]
        return placed, rejected

    def _fill_texts(self, prompts: Iterable[str]) -> None:
        """Encode the texts that are missing, and learn how many tokens each has: a look into the cache tells both."""
        wanted = {text_key(prompt, self.cache.tokenizer): prompt for prompt in prompts}
        pipe: Pipe | None = None

        def is_done(key: str) -> bool:
            tokens = self.cache.caption_tokens(key)
            if tokens is not None:
                self.caption_tokens[wanted[key]] = tokens
            return tokens is not None

        for key, prompt in self._mine(wanted, "text", is_done, lambda prompt: prompt[:80]):
            if pipe is None:
                pipe = load_text_encoder(self.spec, self.config, self.text_device or self.device, self.dtype)
            self.caption_tokens[prompt] = count_tokens(pipe, prompt)
            self.cache.write_text(key, encode_text(pipe, prompt), self.caption_tokens[prompt])
        self._await_peers(wanted, "text", is_done)

    def _fill_clips(self, wanted: dict[str, tuple[Placed, Window]]) -> None:
        def is_done(key: str) -> bool:
            return self.cache.unusable(key) is not None or self.cache.has_clip(key)

        decoding: deque[_Decoding] = deque()
        began = time.monotonic()
        with self._decoders(len(wanted)) as decoders:
            for key, (sample, window) in self._mine(wanted, "cache", is_done, lambda it: it[0].row.video, decoding):
                decoding.append(_Decoding(key, decoders.frames(sample.row, sample.shape, window)))
                if len(decoding) > DECODERS:
                    self._encode(decoding.popleft())
            while decoding:
                self._encode(decoding.popleft())
        self.encoding_s += time.monotonic() - began
        share = self._share(wanted)
        self.log.phase("cache", done=len(share), total=len(share))
        self._await_peers(wanted, "cache", is_done)

    def _encode(self, decoding: "_Decoding") -> None:
        """Encode a decoded clip into the cache, or note there that it cannot be decoded."""
        self.log.enter("decode")
        frames = decoding.frames.result()
        if isinstance(frames, Unusable):
            self.cache.write_unusable(decoding.key, frames)
            return
        if self.vae is None:
            self.log.enter("load")
            began = time.monotonic()
            self.vae = load_vae(self.spec, self.config, self.device, self.dtype)
            self.encoding_s -= time.monotonic() - began
        self.log.enter("vae")
        self.cache.write_clip(decoding.key, encode_clip(self.vae, frames))
        self.encoded += 1

    def _decoders(self, files: int) -> Decoders:
        """Make as many as are worth their start."""
        return Decoders(max(1, min(DECODERS, files // FILES_A_DECODER)), self.config.file_limit_s)

    def _mine(
        self,
        wanted: dict[str, T],
        phase: str,
        is_done: Callable[[str], bool],
        name: Callable[[T], str],
        begun: Sized = (),
    ) -> Iterable[tuple[str, T]]:
        """Yield what is missing of this rank's share, and log progress. `begun` are those that were yielded and are not
        in the cache yet. Raises: Stopped.
        """
        share = self._share(wanted)
        logged_at = 0.0
        for index, (key, item) in enumerate(share):
            self.stop.check()
            now = time.monotonic()
            if now - logged_at >= _LOG_EVERY_S:
                self.log.phase(phase, done=index - len(begun), total=len(share), item=name(item))
                logged_at = now
            if not is_done(key):
                yield key, item
        self.log.phase(phase, done=len(share) - len(begun), total=len(share))

    def _share(self, wanted: dict[str, T]) -> list[tuple[str, T]]:
        """Pick this rank's part of `wanted`."""
        return list(wanted.items())[self.world.rank :: self.world.size]

    def _await_peers(self, wanted: dict[str, T], phase: str, is_done: Callable[[str], bool]) -> None:
        """Wait until the other ranks' shares are there. Raises: Problem, Stopped."""
        missing, changed_at = [key for key in wanted if self.world.size > 1 and not is_done(key)], time.monotonic()
        while missing:
            self.stop.check()
            if time.monotonic() - changed_at > PEERS_IDLE_LIMIT_S:
                raise Problem(message("peers_idle", minutes=PEERS_IDLE_LIMIT_S / 60))
            time.sleep(0.05)
            still = [key for key in missing if not is_done(key)]
            if len(still) < len(missing):
                changed_at = time.monotonic()
                self.log.phase(phase, done=len(wanted) - len(still), total=len(wanted))
            missing = still


def _rejected(row: Row, note: Unusable) -> Rejected:
    return Rejected(row.line, row.video, note.said, row.dataset)


def encoder_files(spec: ModelSpec, config: RunConfig) -> list[Path]:
    """List the files whose change makes the cache stale: the text encoder's and the VAE's."""
    from trainer.models.wan.pipeline import local_files

    return [path for model_config in spec.encoder_configs(config) for path in local_files(model_config)]


def open_cache(folder: Path, spec: ModelSpec, config: RunConfig, dtype: torch.dtype, attempt: str = "") -> LatentCache:
    """Open the cache in `folder` for the config's encoders and tokenizer. `attempt` names the run's attempt.

    Raises: Problem, OSError.
    """
    cache = LatentCache.of(folder, config.model, encoder_files(spec, config), dtype, attempt)
    own = tokenizer_folder(spec.tokenizer.as_config())
    given = tokenizer_folder(spec.tokenizer_config(config)) if config.tokenizer_path is not None else None
    cache.note_identity(is_default=config.model_paths is None, own_tokenizer=tokenizer.digest_of(own) if own else "")
    return cache.with_tokenizer(tokenizer.of_keys(cache.tokenizer_note, own, given))
