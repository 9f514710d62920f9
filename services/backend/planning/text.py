"""The plan in words, for terminals and messages."""

from services.backend.planning.schemas import PlanRead

UNITS = ((86_400.0, "day", 3 * 86_400.0), (3600.0, "hour", 2 * 3600.0), (60.0, "minute", 120.0), (1.0, "second", 0.0))
"""The seconds of a unit, its name, and the least seconds for which it is used."""
LEFT_OUT = {
    "quarantined": "in quarantine",
    "no_file": "no file in the data set's folder",
    "no_caption": "no caption",
    "split_unknown": "their split is neither train nor validation",
    "damaged": "files that cannot be read",
    "too_short": "fewer frames than they would be trained at",
}
BYTES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def format_range(low: float, high: float) -> str:
    """Put seconds in words: 246 days, 3 to 5 hours."""
    size, unit = next((size, unit) for size, unit, least in UNITS if high >= least)
    if 0 < low < size and size > 1:
        return f"{format_range(low, low)} to {format_range(high, high)}"
    first, last = _rounded(low / size), _rounded(high / size)
    span = last if first == last else f"{first} to {last}"
    return f"{span} {unit}{'' if span == '1' else 's'}"


def format_pace(low: float, high: float) -> str:
    """Put the time of a step in words: 5 s, 0.26 to 0.31 s."""
    return f"{_rounded(low, 3) if low == high else f'{_rounded(low)} to {_rounded(high)}'} s"


def format_bytes(low: float, high: float | None = None) -> str:
    """Put bytes in words: 12 GB, 0.8 to 1.2 GB."""
    high = low if high is None else high
    size, unit = next(((size, unit) for size, unit in BYTES if high >= size), (1.0, "bytes"))
    first, last = _rounded(low / size), _rounded(high / size)
    return f"{last if first == last else f'{first} to {last}'} {unit}"


def report(plan: PlanRead) -> str:
    """Put the whole plan in words, a fact a line."""
    samples = plan.samples
    lines = [
        f"{samples.used:,} of {samples.rows:,} samples: {samples.videos:,} videos, {samples.images:,} images, "
        f"{samples.held_out:,} held out",
        *(f"  {left.rows:,} left out: {LEFT_OUT[left.why]}" for left in samples.left_out),
        *(f"  {bucket.samples:,} at {bucket.shape}" for bucket in plan.buckets),
        f"{plan.total_steps:,} steps{f' on each of {plan.ranks} ranks' * (plan.ranks > 1)}, "
        f"{plan.steps_per_epoch:,} an epoch{'' if plan.is_exact else ' (about, until the files were looked at)'}",
    ]
    if plan.seconds_per_step is not None and plan.total is not None:
        step = plan.seconds_per_step
        lines += [
            f"{format_pace(step.low, step.high)} a step. {plan.source_text}",
            *(f"  {part.what}: {format_range(part.amount.low, part.amount.high)}" for part in plan.parts),
            f"{format_range(plan.total.low, plan.total.high)} in all",
        ]
    else:
        lines.append(plan.source_text)
    if plan.trial_text:
        lines.append(plan.trial_text)
    free = f" of {format_bytes(plan.disk.free_bytes)} free" if plan.disk.free_bytes is not None else ""
    lines.append(f"{format_bytes(plan.disk.total.low, plan.disk.total.high)} on the disk{free}")
    lines += [f"  {part.what}: {format_bytes(part.amount.low, part.amount.high)}" for part in plan.disk.parts]
    memory = plan.memory
    card = f" of the {format_bytes(memory.card_bytes)} of {memory.card}" if memory.card_bytes is not None else ""
    lines.append(
        f"{format_bytes(memory.least_bytes, memory.needed_bytes)} of memory{' on each GPU' * (plan.ranks > 1)}{card}"
    )
    if memory.measured_bytes is not None:
        lines.append(f"{format_bytes(memory.measured_bytes)} of it were taken by the trial")
    if plan.cost is not None:
        lines.append(f"{plan.cost.low:,.2f} to {plan.cost.high:,.2f} at that price an hour")
    lines += [f"Warning: {warning.message} {warning.hint}" for warning in plan.warnings]
    if plan.ways:
        lines.append(f"To be done in {plan.done_in_days:g} days:")
        for way in plan.ways:
            span = format_range(way.total.low, way.total.high)
            lines.append(f"  {way.label}: {span}{'' if way.is_enough else ', not enough yet'}")
    return "\n".join(lines)


def _rounded(value: float, digits: int = 2) -> str:
    return f"{value:,.0f}" if value >= 10 ** (digits - 1) else f"{value:.{digits}g}"
