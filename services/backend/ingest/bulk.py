"""Reads a long block of a log into columns, to catch up: no dictionary and no row is made for a step.

The steps of a run carry the same few metrics, so they are decoded as a struct made for just these. A block that holds
anything out of the ordinary is read line by line instead (`parse`).
"""

from collections import defaultdict
from functools import lru_cache
from operator import attrgetter
from typing import Any, Literal, TypeVar, get_args

import msgspec
import numpy as np
import numpy.typing as npt

from services.backend.ingest.parse import MAX_INT, MAX_TS, count_objects, in_range, parse
from services.backend.ingest.tail import Block
from services.backend.metrics.chunks import Ints
from services.backend.metrics.columns import ODD, Column, Columns, Schemes, Sealed, column_of, compress
from services.backend.metrics.sparkline import SPARK_KEY
from trainer.contract.events import Event, Header, Step
from trainer.contract.plan.time_left import STEPS

MIN_BYTES = 1 << 18
"""Shorter blocks gain nothing."""
MIN_STEPS = 512
MAX_METRICS = 64
"""With more, a struct of them gains nothing."""

Number = TypeVar("Number", np.int64, np.float64)


class StepDecoder:
    """Decodes lines whose steps carry some of the metrics `names`."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        fields = [f"v{at}" for at in range(len(names))]
        values = msgspec.defstruct(
            "Values",
            [(field, float | msgspec.UnsetType, msgspec.UNSET) for field in fields],
            rename=dict(zip(fields, names, strict=True)),
            forbid_unknown_fields=True,
            gc=False,
        )
        self.step: Any = msgspec.defstruct(
            "Step",
            [
                ("seq", int),
                ("ts", float),
                ("step", int),
                ("epoch", int),
                ("values", values),
                ("nonfinite", dict[str, Literal["nan", "inf", "-inf"]] | None, None),
            ],
            tag="step",
            tag_field="type",
            gc=False,
        )
        kinds: Any = self.step
        for kind in get_args(Event):
            if kind is not Step:
                kinds = kinds | kind
        self._decoder = msgspec.json.Decoder(kinds)
        self.value_of = [attrgetter(field) for field in fields]

    def decode(self, data: bytes) -> list[Any]:
        """Raises: ValueError, RecursionError."""
        found: list[Any] = self._decoder.decode_lines(data)
        return found


class Bulk(msgspec.Struct, frozen=True):
    """A block in columns: its steps as they are stored, their digest, and its other events, each with the step before
    it (None before the first). It can be sent from one process to another."""

    sealed: Sealed
    digest: "Digest"
    others: list[tuple[Event, int | None]]
    first_seq: int
    last_seq: int
    last_ts: float


class Digest(msgspec.Struct, frozen=True):
    """The part of many steps that a run's summary takes."""

    first_step: int
    least_step: int
    last_step: int
    times: list[float]
    """Of the last steps, as many as `Pace` uses."""
    last: dict[str, float]
    """The last finite value of each metric."""
    spark_steps: bytes
    """The steps (int64) of the finite values of SPARK_KEY, and below the values (float64)."""
    spark_values: bytes


class BulkReader:
    """Reads the blocks of one log; keeps the metrics that its steps carry, and how each is best compressed."""

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ()
        self._schemes = Schemes()

    def read(self, block: Block) -> Bulk | None:
        """Read a block in which every line is sound and in order; None if it must be read line by line."""
        if len(block.data) < MIN_BYTES or block.faults:
            return None
        lines = count_objects(block.data)
        if lines is None:
            return None
        found = self._decode(block)
        if found is None or len(found) != lines:
            return None
        shape = _step_decoder(self._names)
        kinds = list(map(type, found))
        count = kinds.count(shape.step)
        seqs = _numbers(found, "seq", np.int64)
        if count < MIN_STEPS or seqs is None or not bool((np.diff(seqs) == 1).all()):
            return None
        places = _positions_of_others(kinds, shape.step)
        others, last_ts = _others(found, places, shape, block.start == 0), found[-1].ts
        for at in reversed(places):
            del found[at]
        columns = _columns(found, np.delete(seqs, places), shape)
        if others is None or columns is None or len(columns.metrics) > MAX_METRICS:
            return None
        sealed = compress(columns, self._schemes)
        return Bulk(sealed, _digest(columns), others, int(seqs[0]), int(seqs[-1]), last_ts)

    def _decode(self, block: Block) -> list[Any] | None:
        try:
            return _step_decoder(self._names).decode(block.data)
        except (ValueError, RecursionError):
            pass  # a metric that was not seen so far, or a line that is wrong
        names = dict.fromkeys(self._names)
        for event in parse(block):
            if isinstance(event, Step):
                names.update(dict.fromkeys(event.values))
        if len(names) > MAX_METRICS or tuple(names) == self._names:
            return None
        self._names = tuple(names)
        try:
            return _step_decoder(self._names).decode(block.data)
        except (ValueError, RecursionError):
            return None


def _digest(columns: Columns) -> Digest:
    last: dict[str, float] = {}
    spark_steps, spark_values = b"", b""
    for name, column in columns.metrics.items():
        finite = np.isfinite(column.values)
        if name == SPARK_KEY:
            spark_steps, spark_values = column.at(columns.step)[finite].tobytes(), column.values[finite].tobytes()
        if finite.any():
            last[name] = float(column.values[finite][-1])
    return Digest(
        first_step=int(columns.step[0]),
        least_step=int(columns.step.min()),
        last_step=int(columns.step[-1]),
        times=columns.ts[-STEPS - 1 :].tolist(),
        last=last,
        spark_steps=spark_steps,
        spark_values=spark_values,
    )


@lru_cache(maxsize=64)
def _step_decoder(names: tuple[str, ...]) -> StepDecoder:
    return StepDecoder(names)


def _columns(steps: list[Any], seqs: Ints, shape: StepDecoder) -> Columns | None:
    """Put steps into columns; None if a number is out of range."""
    step = _numbers(steps, "step", np.int64)
    ts = _numbers(steps, "ts", np.float64)
    if step is None or ts is None:
        return None
    if step.min() < 0 or step.max() > MAX_INT or not (ts.min() >= 0 and ts.max() <= MAX_TS):
        return None
    columns = Columns(seqs, step, ts)
    values = list(map(attrgetter("values"), steps))
    for name, value_of in zip(shape.names, shape.value_of, strict=True):
        column = _column(values, value_of)
        if len(column.values):
            columns.metrics[name] = column
    if any(map(attrgetter("nonfinite"), steps)):
        _add_nonfinite(columns, [(row, event.nonfinite) for row, event in enumerate(steps) if event.nonfinite])
    return columns


def _positions_of_others(kinds: list[type], step: type) -> list[int]:
    """Find the events that are not steps."""
    places: list[int] = []
    for kind in set(kinds) - {step}:
        at = -1
        for _ in range(kinds.count(kind)):
            at = kinds.index(kind, at + 1)
            places.append(at)
    return sorted(places)


def _others(
    found: list[Any], places: list[int], shape: StepDecoder, at_start: bool
) -> list[tuple[Event, int | None]] | None:
    """Return the events at `places`, which are not steps; None if a header is missing or misplaced."""
    others: list[tuple[Event, int | None]] = []
    step, last = None, -1
    for at in places:
        if at - last > 1:
            step = found[at - 1].step
        last = at
        others.append((found[at], step))
    headers = [at for at in places if isinstance(found[at], Header)]
    is_sound = headers == ([0] if at_start else [])
    return others if is_sound and all(in_range(event) for event, _ in others) else None


def _numbers(found: list[Any], name: str, dtype: type[Number]) -> npt.NDArray[Number] | None:
    try:
        return np.fromiter(map(attrgetter(name), found), dtype, len(found))
    except OverflowError:
        return None


def _column(values: list[Any], value_of: Any) -> Column:
    try:
        return Column(np.fromiter(map(value_of, values), np.float64, len(values)))
    except TypeError:  # some steps lack it
        return column_of([None if value is msgspec.UNSET else value for value in map(value_of, values)])


def _add_nonfinite(columns: Columns, odd: list[tuple[int, dict[str, str]]]) -> None:
    """Add values that are not finite, by row, to the columns."""
    found: defaultdict[str, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
    for row, names in odd:
        for name, what in names.items():
            places, values = found[name]
            places.append(row)
            values.append(ODD[what])
    for name, (places, values) in found.items():
        rows, column = np.array(places, np.int64), np.array(values)
        known = columns.metrics.get(name)
        if known is not None:
            rows = np.concatenate([known.at(np.arange(len(columns))), rows])
            order = np.argsort(rows, kind="stable")
            order = order[np.diff(rows[order], append=-1) != 0]  # where a step has both, this one
            rows, column = rows[order], np.concatenate([known.values, column])[order]
        columns.metrics[name] = Column(column, None if len(rows) == len(columns) else rows)
