"""The samples of a data set, placed at the shapes that a config trains them at, as the trainer places them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from trainer.contract.config import RunConfig
from trainer.contract.messages import Message, message
from trainer.contract.plan import held_out
from trainer.contract.plan.buckets import Buckets
from trainer.contract.problem import Problem
from trainer.contract.shape import Shape
from trainer.contract.window import Selection, Timing, frames_at, samples_of

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Kind(NamedTuple):
    """A kind of files that are placed alike. `size` is None if it was not measured, `fps` if nothing tells."""

    is_image: bool
    size: Shape | None
    fps: float | None = None
    dataset: int = 0
    """The number of its data set among the config's."""


@dataclass(frozen=True, eq=False)
class Kinds:
    """K kinds as columns: `sizes` is K x 3, zeros if not measured; `fps` is frames a second, zero if nothing tells."""

    images: Flags
    measured: Flags
    sizes: Numbers
    fps: npt.NDArray[np.float64]
    datasets: Numbers

    @classmethod
    def of(cls, kinds: Sequence[Kind]) -> "Kinds":
        return Kinds(
            images=np.array([kind.is_image for kind in kinds], bool),
            measured=np.array([kind.size is not None for kind in kinds], bool),
            sizes=np.array([kind.size or (0, 0, 0) for kind in kinds], np.int64).reshape(-1, 3),
            fps=np.array([kind.fps or 0.0 for kind in kinds], np.float64),
            datasets=np.array([kind.dataset for kind in kinds], np.int64),
        )


@dataclass(frozen=True, eq=False)
class Samples:
    """The samples in the `rows` rows of a run's tables.

    Of the usable rows: their `kinds`; for each file of a data set, in the order in which files are held out, the index
    of its kind (`files`), its number of rows (`repeats`), its place in that order (`order`; a file in several data sets
    has one), whether a table's own split holds it out (`held`, None without a split), and what tells its name's place
    and its path from others (`names`, as `held_out.place` makes them, and `paths`). `captions` counts the different
    texts that are encoded, `characters` their characters together.
    """

    rows: int
    left_out: Mapping[str, int]
    """Rows that no config can use, by reason."""
    doubtful: int
    """Rows of damaged files that the trainer may still be able to read, among the usable ones."""
    captions: int
    characters: int
    kinds: Kinds
    files: Numbers
    repeats: Numbers
    order: Numbers
    names: npt.NDArray[np.void]
    paths: Numbers
    held: Flags | None = None
    notes: tuple[Message, ...] = ()
    """What is to be told of the table as a whole."""
    is_counted: bool = True
    """Counted row by row as the trainer does, except for files not known to be gone or damaged."""


def of_number(samples: int) -> Samples:
    """Make samples of this many videos, of which nothing else is known."""
    one = np.ones(1, np.int64)
    return Samples(
        rows=samples,
        left_out={},
        doubtful=0,
        captions=samples,
        characters=200 * samples,
        kinds=Kinds.of([Kind(False, None)]),
        files=0 * one,
        repeats=samples * one,
        order=0 * one,
        names=np.zeros(1, "V16"),
        paths=0 * one,
        is_counted=False,
    )


class Place(NamedTuple):
    """The shape at which samples of a data set are trained; if not measured, the shapes of the most and of the fewest
    tokens."""

    is_image: bool
    largest: Shape
    least: Shape
    dataset: int = 0


@dataclass(frozen=True, eq=False)
class Placed:
    """The files that a config can use, with the place of each."""

    places: list[Place]
    files: Numbers
    """The index of each file's place, in the order in which files are held out."""
    repeats: Numbers
    order: Numbers
    """The number of each file in that order; equal for a file that several data sets have."""
    held: Flags | None
    windows: Numbers
    """The latents that are cached of each file."""
    used: Counter[Place] = field(default_factory=Counter)
    encoded: Counter[Place] = field(default_factory=Counter)
    """The latents that are cached, of each place."""
    too_short: int = 0
    is_counted: bool = True
    """Whether the number of samples that each file gives is known."""


def place(samples: Samples, config: RunConfig) -> Placed:
    """Place the samples; cached, since a plan asks for the same shapes over and over."""
    videos, images = Buckets.of(config, is_image=False), Buckets.of(config, is_image=True)
    return _placed(samples, videos, images, Selection.of(config))


def held_out_rows(samples: Samples, placed: Placed, config: RunConfig) -> Counter[Place]:
    """Count the rows that are held out of each place. Raises: Problem."""
    if placed.held is not None:
        if config.validation_clips is not None:
            raise Problem(message("validation_twice.plan"), "validation_clips")
        return _sums(placed, placed.held)
    if not samples.is_counted:
        return Counter({place: held_out.wanted(config, rows) for place, rows in placed.used.items()})
    return _first(placed, held_out.wanted(config, int(placed.order.max(initial=-1)) + 1))


@lru_cache(maxsize=64)
def _first(placed: Placed, count: int) -> Counter[Place]:
    return _sums(placed, placed.order < count)


@lru_cache(maxsize=32)
def _placed(samples: Samples, videos: Buckets, images: Buckets, selection: Selection) -> Placed:
    kinds, places = samples.kinds, dict[Place, int]()
    numbers = np.zeros(len(kinds.images), np.int64)
    given = np.ones(len(kinds.images), np.int64)
    """How many samples a file of each kind gives; 0 of one that is too short."""
    latents = np.ones(len(kinds.images), np.int64)
    """How many latents are cached of it."""
    for is_image, buckets in ((False, videos), (True, images)):
        mine = kinds.images == is_image
        known = np.flatnonzero(mine & kinds.measured)
        timings = [Timing(int(kinds.sizes[at, 2]), float(kinds.fps[at]) or None) for at in known]
        sizes = kinds.sizes[known].copy()
        if not is_image:
            sizes[:, 2] = [frames_at(timing, selection.frame_rate) for timing in timings]
        shapes = [buckets.shapes[at] for at in buckets.choose(sizes)]
        for at, shape, dataset in zip(known, shapes, kinds.datasets[known].tolist(), strict=True):
            numbers[at] = places.setdefault(Place(is_image, shape, shape, dataset), len(places))
        if not is_image:
            wanted = [shape.frames for shape in shapes]
            found = [samples_of(selection, *each) for each in zip(timings, wanted, strict=True)]
            given[known] = [len(windows) for windows in found]
            latents[known] = [sum(map(len, windows)) for windows in found]
            latents[mine & ~kinds.measured] = selection.frame_segments if selection.frame_selection == "random" else 1
        for at in np.flatnonzero(mine & ~kinds.measured):
            unknown = Place(is_image, buckets.largest, buckets.least, int(kinds.datasets[at]))
            numbers[at] = places.setdefault(unknown, len(places))
    usable = given[samples.files] > 0
    held = samples.held[usable] if samples.held is not None else None
    files, repeats = numbers[samples.files[usable]], (samples.repeats * given[samples.files])[usable]
    is_counted = selection.frame_selection != "chunks" or bool((kinds.measured | kinds.images).all())
    order = np.unique(samples.order[usable], return_inverse=True)[1].reshape(-1)
    placed = Placed(
        places=list(places),
        files=files,
        repeats=repeats,
        order=order,
        held=held,
        windows=latents[samples.files[usable]] * (1 if samples.is_counted else repeats),
        too_short=int(samples.repeats[~usable].sum()),
        is_counted=is_counted,
    )
    placed.used.update(_sums(placed, np.ones(len(files), bool)))
    placed.encoded.update(_summed(placed, placed.windows, np.ones(len(files), bool)))
    return placed


def _sums(placed: Placed, chosen: Flags) -> Counter[Place]:
    """Count the samples of the chosen files."""
    return _summed(placed, placed.repeats, chosen)


def _summed(placed: Placed, counts: Numbers, chosen: Flags) -> Counter[Place]:
    sums = np.bincount(placed.files[chosen], counts[chosen], len(placed.places)).astype(int).tolist()
    return Counter({place: count for place, count in zip(placed.places, sums, strict=True) if count})
