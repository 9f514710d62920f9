"""Suggestions: what to change so that a run ends in time, one change if that is enough, else the fewest together."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from services.backend.planning.schemas import PlanRange, PlanWay
from trainer.contract.config import RunConfig
from trainer.contract.messages import sentence
from trainer.contract.plan.counting import Counts
from trainer.contract.plan.step_time import Range
from trainer.contract.problem import Problem
from trainer.contract.shape import Shape

FRAMES = (81, 49, 33, 17, 5)
SHORT_SIDES = (480, 320, 256)
SIDE_MULTIPLE = 32
"""Of heights and widths that are proposed: every model takes them."""
MAX_SUGGESTIONS = 6
MIN_SAVING = 0.99
"""A change must bring the time below this share of it to be suggested."""
MIN_EPOCH_SHARE = 0.1
"""Stopping before this share of one pass over the data is not suggested: all of it would be cached for that."""
ONCE: dict[str, Any] = {"num_epochs": 1, "dataset_repeat": 1}

Total = Callable[[dict[str, Any]], Range | None]
"""Estimates the time of the run with these settings changed."""


def suggest(config: RunConfig, counts: Counts, target_s: float, total: Total) -> list[PlanWay]:
    """Suggest changes by which the run may end in `target_s` seconds: by its lower estimate or, if that is short enough
    already, by its upper one.

    The result holds the mildest change of each kind that is enough. If none is enough by itself, it holds the furthest
    of each kind, the most effective first. A single pass over the data is in it even if that is not enough.
    """
    now = total({})
    if now is None:
        return []
    search = _Search(target_s, total, now, by_upper=now.low <= target_s)
    found = [way for alternatives in _changes(config) if (way := search.mildest(alternatives)) is not None]
    if not any(way.is_enough for way in found) and (way := search.mildest(_together(config))) is not None:
        found.append(way)
    limit = search.limit(counts.total_steps, counts.steps_per_epoch / config.dataset_repeat * MIN_EPOCH_SHARE)
    if limit is not None and (way := search.way({"max_steps": limit})) is not None:
        found.append(way)
    if any(way.is_enough for way in found):
        return [way for way in found if way.is_enough or way.changes == ONCE][:MAX_SUGGESTIONS]
    found.sort(key=lambda way: (way.changes != ONCE, way.total.low))
    different = [way for at, way in enumerate(found) if way.changes not in [other.changes for other in found[:at]]]
    return different[:MAX_SUGGESTIONS]


@dataclass(frozen=True)
class _Search:
    """A target and how the time is estimated; `now` is the time of the run as it is."""

    target_s: float
    total: Total
    now: Range
    by_upper: bool

    def estimate(self, span: Range) -> float:
        """Return the estimate that must be short enough."""
        return span.high if self.by_upper else span.low

    def mildest(self, alternatives: Iterable[dict[str, Any]]) -> PlanWay | None:
        """Return the first alternative that is enough, else the last that helps; None if none does."""
        last = None
        for changes in alternatives:
            way = self.way(changes)
            if way is not None and way.is_enough:
                return way
            last = way or last
        return last

    def way(self, changes: dict[str, Any]) -> PlanWay | None:
        """Return the suggestion of these changes; None if they do not help."""
        try:
            span = self.total(changes)
        except Problem:
            return None
        if span is None or self.estimate(span) > MIN_SAVING * self.estimate(self.now):
            return None
        is_enough = self.estimate(span) <= self.target_s
        read = PlanRange(low=span.low, high=span.high)
        return PlanWay(label=_label(changes), changes=changes, total=read, is_enough=is_enough)

    def limit(self, total_steps: int, least_steps: float) -> int | None:
        """Return how many steps end in time; None if all do, or only fewer than `least_steps`."""
        one = self.total({"max_steps": 1})
        if one is None:
            return None
        whole, least = self.estimate(self.now), self.estimate(one)
        if not least < self.target_s < whole:
            return None
        limit = int(total_steps * (self.target_s - least) / (whole - least))
        return limit if limit >= max(1, least_steps) else None


def _label(changes: dict[str, Any]) -> str:
    """Put changes in words: 1 epoch, 1 repeat, 17 frames."""
    parts = [
        sentence(f"way.{name}", n=changes[name])
        for name in ("num_epochs", "dataset_repeat", "num_frames")
        if name in changes
    ]
    if "height" in changes or "width" in changes:
        size = " x ".join(str(changes[name]) for name in ("height", "width") if name in changes)
        parts.append(sentence("way.size", size=size))
    if "buckets" in changes:
        parts.append(sentence("way.buckets", shapes=", ".join(changes["buckets"])))
    if "max_area" in changes:
        parts.append(sentence("way.max_area", area=changes["max_area"]))
    if "max_steps" in changes:
        parts.append(sentence("way.max_steps", steps=changes["max_steps"]))
    return ", ".join(parts)


def _changes(config: RunConfig) -> Iterator[list[dict[str, Any]]]:
    """Yield kinds of changes, each with its alternatives from the mildest to the hardest."""
    epochs, repeats = config.num_epochs, config.dataset_repeat
    if epochs > 1:
        yield [{"num_epochs": n} for n in _down(epochs)]
    if repeats > 1:
        yield [{"dataset_repeat": n} for n in _down(repeats)]
    if epochs > 1 and repeats > 1:
        yield [ONCE]
    shorter, smaller = list(_shorter(config)), list(_smaller(config))
    if shorter:
        yield shorter
    if smaller:
        yield smaller
    if epochs * repeats > 1:
        yield [ONCE | change for change in shorter]
        yield [ONCE | change for change in smaller]


def _together(config: RunConfig) -> list[dict[str, Any]]:
    """Combine a single pass over the data with fewer frames and a smaller size."""
    once = ONCE if config.num_epochs * config.dataset_repeat > 1 else {}
    pairs = [(frames, side) for frames in FRAMES for side in SHORT_SIDES]
    pairs.sort(key=lambda pair: -(pair[0] + 3) // 4 * pair[1] ** 2)
    return [once | _reshaped(config, lambda shape: _shortened(_shrunk(shape, side), frames)) for frames, side in pairs]  # noqa: B023


def _down(number: int) -> list[int]:
    """List some numbers below it, down to 1: at most a few tens, however large it is."""
    steps = max(1, number // 30)
    return [*range(number - 1, 1, -steps), 1]


def _shorter(config: RunConfig) -> Iterator[dict[str, Any]]:
    longest = max(shape.frames for shape in config.shapes)
    for frames in FRAMES:
        if frames < longest:
            yield _reshaped(config, lambda shape: _shortened(shape, frames))  # noqa: B023


def _smaller(config: RunConfig) -> Iterator[dict[str, Any]]:
    shortest = max(min(shape.height, shape.width) for shape in config.shapes)
    for side in SHORT_SIDES:
        if side < shortest:
            yield _reshaped(config, lambda shape: _shrunk(shape, side))  # noqa: B023


def _shortened(shape: Shape, frames: int) -> Shape:
    return shape._replace(frames=min(shape.frames, frames))


def _shrunk(shape: Shape, side: int) -> Shape:
    """Shrink a shape to a short side of at most `side` pixels, keeping its ratio as nearly as multiples of 32 allow."""
    scale = min(1.0, side / min(shape.height, shape.width))
    height, width = (max(1, round(pixels * scale / SIDE_MULTIPLE)) * SIDE_MULTIPLE for pixels in shape[:2])
    return Shape(height, width, shape.frames)


def _reshaped(config: RunConfig, change: Callable[[Shape], Shape]) -> dict[str, Any]:
    if config.max_area is not None:
        before = max(config.shapes, key=lambda shape: shape.volume)
        after = change(before)
        area = min(config.max_area, after.height * after.width)
        changed = {"num_frames": after.frames} if after.frames != before.frames else {}
        return ({"max_area": area} if after[:2] != before[:2] else {}) | changed
    if config.buckets is not None:
        return {"buckets": tuple(dict.fromkeys(str(change(shape)) for shape in config.shapes))}
    before = Shape(config.height, config.width, config.num_frames)
    after = change(before)
    names = ("height", "width", "num_frames")
    changed = {name: new for name, old, new in zip(names, before, after, strict=True) if new != old}
    return {"height": after.height, "width": after.width} | changed if after[:2] != before[:2] else changed
