"""Puts the samples of several data sets together, as a run that trains on all of them counts them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from services.backend.planning.samples import Kinds, Samples
from trainer.contract.dataset import DatasetConfig


def merge(samples: Sequence[Samples], datasets: Sequence[DatasetConfig]) -> Samples:
    """Return the samples of a run; `samples` and `datasets` are those of each of its data sets, in their order."""
    return _merged(tuple(samples), tuple(_texts(dataset) for dataset in datasets))


def _texts(dataset: DatasetConfig) -> int:
    """Return how many texts of a caption are encoded at most."""
    return 1 + dataset.caption_shuffles


@lru_cache(maxsize=8)
def _merged(samples: tuple[Samples, ...], texts: tuple[int, ...]) -> Samples:
    captions = sum(one.captions * count for one, count in zip(samples, texts, strict=True))
    characters = sum(one.characters * count for one, count in zip(samples, texts, strict=True))
    if len(samples) == 1:
        return replace(samples[0], captions=captions, characters=characters)
    names_F, paths_F = (np.concatenate([getattr(one, field) for one in samples]) for field in ("names", "paths"))
    _, first_U, file_F = np.unique(paths_F, return_index=True, return_inverse=True)
    place_U = np.empty(len(first_U), np.int64)
    place_U[np.argsort(names_F[first_U], kind="stable")] = np.arange(len(first_U))
    order_F = place_U[file_F.reshape(-1)]
    by_order = np.argsort(order_F, kind="stable")
    begins = np.cumsum([0, *(len(one.kinds.images) for one in samples[:-1])])
    kinds_F = np.concatenate([one.files + begin for one, begin in zip(samples, begins, strict=True)])
    repeats_F = np.concatenate([one.repeats for one in samples])
    held_F = None
    if any(one.held is not None for one in samples):
        own_F = np.concatenate(
            [one.held if one.held is not None else np.zeros(len(one.files), bool) for one in samples]
        )
        held_F = np.bincount(order_F, own_F, len(first_U))[order_F] > 0
    return Samples(
        rows=sum(one.rows for one in samples),
        left_out=sum((Counter(one.left_out) for one in samples), Counter[str]()),
        doubtful=sum(one.doubtful for one in samples),
        captions=captions,
        characters=characters,
        kinds=_kinds(samples),
        files=kinds_F[by_order],
        repeats=repeats_F[by_order],
        order=order_F[by_order],
        names=names_F[by_order],
        paths=paths_F[by_order],
        held=held_F[by_order] if held_F is not None else None,
        notes=tuple(note for one in samples for note in one.notes),
        is_counted=all(one.is_counted for one in samples),
    )


def _kinds(samples: Sequence[Samples]) -> Kinds:
    numbers = [np.full(len(one.kinds.images), number, np.int64) for number, one in enumerate(samples)]
    return Kinds(
        images=np.concatenate([one.kinds.images for one in samples]),
        measured=np.concatenate([one.kinds.measured for one in samples]),
        sizes=np.concatenate([one.kinds.sizes for one in samples]),
        fps=np.concatenate([one.kinds.fps for one in samples]),
        datasets=np.concatenate(numbers),
    )
