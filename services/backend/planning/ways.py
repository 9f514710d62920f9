"""What to change so that a run is done in time: one change at a time where that is enough, else the fewest together."""

from collections.abc import Callable, Iterator
from typing import Any

from services.backend.planning.schemas import PlanRange, PlanWay
from trainer.contract.config import Problem, RunConfig
from trainer.contract.plan.seconds import Range
from trainer.contract.shape import SIZE_MULTIPLE, Shape

FRAMES = (81, 49, 33, 17, 5)
SHORT_SIDES = (480, 320, 256)
MOST = 6
ONCE: dict[str, Any] = {"num_epochs": 1, "dataset_repeat": 1}

Total = Callable[[dict[str, Any]], Range | None]
"""The time of the run with these settings changed."""


def ways(config: RunConfig, total_steps: int, target_s: float, total: Total) -> list[PlanWay]:
    """Those by which the run may be done in `target_s` seconds, by its lower estimate; the mildest of each kind. Going
    through the data once is among them even where it is not enough."""
    found: list[PlanWay] = []
    for alternatives in _changes(config):
        for changes in alternatives:
            way = _way(changes, target_s, total)
            if way is not None and (way.is_enough or changes == ONCE):
                found.append(way)
                break
    limit = _limit(total_steps, target_s, total)
    if limit is not None and (way := _way({"max_steps": limit}, target_s, total)) is not None and way.is_enough:
        found.append(way)
    return found[:MOST]


def _limit(total_steps: int, target_s: float, total: Total) -> int | None:
    """How many steps can be done in time, by the lower estimate; None where all of them can."""
    whole, least = total({}), total({"max_steps": 1})
    if whole is None or least is None or not least.low < target_s < whole.low:
        return None
    return int(total_steps * (target_s - least.low) / (whole.low - least.low)) or None


def _way(changes: dict[str, Any], target_s: float, total: Total) -> PlanWay | None:
    try:
        span = total(changes)
    except Problem:
        return None
    if span is None:
        return None
    span_read = PlanRange(low=span.low, high=span.high)
    return PlanWay(label=_label(changes), changes=changes, total=span_read, is_enough=span.low <= target_s)


def _label(changes: dict[str, Any]) -> str:
    """In words: 1 epoch, 1 repeat, 17 frames."""
    parts = [
        f"{changes[name]} {word}{'s' * (changes[name] != 1)}"
        for name, word in (("num_epochs", "epoch"), ("dataset_repeat", "repeat"), ("num_frames", "frame"))
        if name in changes
    ]
    if "height" in changes or "width" in changes:
        parts.append(" x ".join(str(changes[name]) for name in ("height", "width") if name in changes) + " pixels")
    if "buckets" in changes:
        parts.append(f"buckets of {', '.join(changes['buckets'])}")
    if "max_steps" in changes:
        parts.append(f"stop after {changes['max_steps']:,} steps")
    return ", ".join(parts)


def _changes(config: RunConfig) -> Iterator[list[dict[str, Any]]]:
    """Kinds of changes, each with its alternatives from the mildest to the hardest."""
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


def _down(number: int) -> list[int]:
    """Some numbers below it, to 1: at most a few tens, however large it is."""
    steps = max(1, number // 30)
    return [*range(number - 1, 1, -steps), 1]


def _shorter(config: RunConfig) -> Iterator[dict[str, Any]]:
    longest = max(shape.frames for shape in config.shapes)
    for frames in FRAMES:
        if frames < longest:
            yield _reshaped(config, lambda shape: shape._replace(frames=min(shape.frames, frames)))  # noqa: B023


def _smaller(config: RunConfig) -> Iterator[dict[str, Any]]:
    shortest = max(min(shape.height, shape.width) for shape in config.shapes)
    for side in SHORT_SIDES:
        if side < shortest:
            yield _reshaped(config, lambda shape: _shrunk(shape, side))  # noqa: B023


def _shrunk(shape: Shape, side: int) -> Shape:
    """`shape` with a short side of at most `side` pixels, and as nearly as 32 allows of the same ratio."""
    scale = min(1.0, side / min(shape.height, shape.width))
    height, width = (max(1, round(pixels * scale / SIZE_MULTIPLE)) * SIZE_MULTIPLE for pixels in shape[:2])
    return Shape(height, width, shape.frames)


def _reshaped(config: RunConfig, change: Callable[[Shape], Shape]) -> dict[str, Any]:
    if config.buckets is not None:
        return {"buckets": tuple(dict.fromkeys(str(change(shape)) for shape in config.shapes))}
    before = Shape(config.height, config.width, config.num_frames)
    after = change(before)
    names = ("height", "width", "num_frames")
    changed = {name: new for name, old, new in zip(names, before, after, strict=True) if new != old}
    return {"height": after.height, "width": after.width} | changed if after[:2] != before[:2] else changed
