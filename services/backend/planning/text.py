"""The plan in words, for terminals and messages."""

from collections.abc import Callable

from services.backend.planning.schemas import PlanCache, PlanMemory, PlanPart, PlanRead
from trainer.contract.messages import sentence

UNITS = ((86_400.0, "day", 3 * 86_400.0), (3600.0, "hour", 2 * 3600.0), (60.0, "minute", 120.0), (1.0, "second", 0.0))
"""The seconds of a unit, its name, and the least seconds for which it is used."""
BYTES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def format_range(low: float, high: float) -> str:
    """Put seconds in words: 246 days, 3 to 5 hours."""
    size, unit = next((size, unit) for size, unit, least in UNITS if high >= least)
    if 0 < low < size and size > 1:
        return sentence("plan.range", low=format_range(low, low), high=format_range(high, high))
    span = _span(_rounded(low / size), _rounded(high / size))
    return sentence(f"plan.unit.{unit}", span=span, count=1 if span == "1" else 2)


def format_pace(low: float, high: float) -> str:
    """Put the time of a step in words: 5 s, 0.26 to 0.31 s."""
    if low == high:
        return sentence("plan.pace", span=_rounded(low, 3))
    return sentence("plan.pace", span=sentence("plan.range", low=_rounded(low), high=_rounded(high)))


def format_bytes(low: float, high: float | None = None) -> str:
    """Put bytes in words: 12 GB, 0.8 to 1.2 GB."""
    high = low if high is None else high
    size, unit = next(((size, unit) for size, unit in BYTES if high >= size), (1.0, "bytes"))
    return f"{_span(_rounded(low / size), _rounded(high / size))} {unit}"


def report(plan: PlanRead) -> str:
    """Put the whole plan in words, a fact a line."""
    lines = [
        *_samples(plan),
        _steps(plan),
        *_time(plan),
        *_disk(plan),
        *_cache(plan.cache),
        *_memory(plan.memory, plan.ranks),
    ]
    if plan.cost is not None:
        lines.append(sentence("plan.cost", low=plan.cost.low, high=plan.cost.high))
    lines += [sentence("plan.warning", message=warning.message, hint=warning.hint) for warning in plan.warnings]
    return "\n".join(lines + _ways(plan))


def _samples(plan: PlanRead) -> list[str]:
    samples = plan.samples
    counts = {name: getattr(samples, name) for name in ("used", "rows", "videos", "images", "held_out")}
    return [
        sentence("plan.samples", **counts),
        *(f"  {sentence(f'plan.left_out.{left.why}', rows=left.rows)}" for left in samples.left_out),
        *(f"  {sentence('plan.bucket', samples=bucket.samples, shape=bucket.shape)}" for bucket in plan.buckets),
    ]


def _steps(plan: PlanRead) -> str:
    if plan.ranks > 1:
        steps = sentence("plan.steps.ranks", steps=plan.total_steps, ranks=plan.ranks)
    else:
        steps = sentence("plan.steps", steps=plan.total_steps)
    epoch = sentence("plan.epoch" if plan.is_exact else "plan.epoch.about", steps=plan.steps_per_epoch)
    return f"{steps}, {epoch}"


def _time(plan: PlanRead) -> list[str]:
    lines = [plan.source_text]
    if plan.seconds_per_step is not None and plan.total is not None:
        pace = format_pace(plan.seconds_per_step.low, plan.seconds_per_step.high)
        lines = [
            f"{sentence('plan.step_time', pace=pace)} {plan.source_text}",
            *(_part(part, format_range) for part in plan.parts),
            sentence("plan.total", time=format_range(plan.total.low, plan.total.high)),
        ]
    return [*lines, plan.trial_text] if plan.trial_text else lines


def _disk(plan: PlanRead) -> list[str]:
    disk = plan.disk
    size = format_bytes(disk.total.low, disk.total.high)
    if disk.free_bytes is not None:
        total = sentence("plan.disk.free", size=size, free=format_bytes(disk.free_bytes))
    else:
        total = sentence("plan.disk", size=size)
    return [total, *(_part(part, format_bytes) for part in disk.parts)]


def _cache(cache: PlanCache | None) -> list[str]:
    if cache is None or cache.state != "counted":
        return [sentence("plan.cache.unknown")] if cache is not None else []
    size = format_bytes(cache.size_bytes or 0)
    return [cache.text, *([sentence("plan.cache.size", size=size)] if cache.size_bytes else [])]


def _memory(memory: PlanMemory, ranks: int) -> list[str]:
    size = format_bytes(memory.least_bytes, memory.needed_bytes)
    if memory.card_bytes is not None:
        about = {"size": size, "card_size": format_bytes(memory.card_bytes), "card": memory.card}
        lines = [sentence("plan.memory.each_card" if ranks > 1 else "plan.memory.card", **about)]
    else:
        lines = [sentence("plan.memory.each" if ranks > 1 else "plan.memory", size=size)]
    if memory.measured_bytes is not None:
        lines.append(sentence("plan.memory.measured", size=format_bytes(memory.measured_bytes)))
    return lines


def _ways(plan: PlanRead) -> list[str]:
    lines = [sentence("plan.ways", days=plan.done_in_days)] if plan.ways else []
    for way in plan.ways:
        time = format_range(way.total.low, way.total.high)
        said = sentence("plan.way" if way.is_enough else "plan.way.not_enough", change=way.label, time=time)
        lines.append(f"  {said}")
    return lines


def _part(part: PlanPart, put: Callable[[float, float], str]) -> str:
    return f"  {sentence(f'plan.part.{part.what}', amount=put(part.amount.low, part.amount.high))}"


def _span(first: str, last: str) -> str:
    return last if first == last else sentence("plan.range", low=first, high=last)


def _rounded(value: float, digits: int = 2) -> str:
    return f"{value:,.0f}" if value >= 10 ** (digits - 1) else f"{value:.{digits}g}"
