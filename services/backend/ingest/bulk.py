"""A long block of a log into columns, for catching up: no dictionary and no row is made for a step.

The steps of a run carry the same few metrics, so they are decoded as a struct made for just these. A block that holds
anything out of the ordinary is not read here but line by line, as `lines` does.
"""

from collections import defaultdict
from functools import lru_cache
from operator import attrgetter
from typing import Any, Literal, TypeVar, get_args

import msgspec
import numpy as np
import numpy.typing as npt

from services.backend.ingest.parse import MAX_INT, MAX_TS, in_range, objects, parse
from services.backend.ingest.tail import Block
from services.backend.metrics.chunks import Ints
from services.backend.metrics.columns import ODD, Column, Columns, Schemes, Sealed, column_of, compress
from services.backend.metrics.sparkline import SPARK_KEY
from trainer.contract.events import Event, Header, Step
from trainer.contract.plan.time_left import STEPS

LEAST_BYTES = 1 << 18
"""A shorter block is not worth it."""
LEAST_STEPS = 512
MOST_METRICS = 64
"""With more a struct of them gains nothing."""

Number = TypeVar("Number", np.int64, np.float64)


class Shape:
    """A decoder of lines whose steps carry some of `names`."""

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
    """A block's steps as they are stored, what the run's summary takes from them, and the block's other events, each
    with the step before it (None before the first). All of it can be sent from one process to another."""

    sealed: Sealed
    digest: "Digest"
    others: list[tuple[Event, int | None]]
    first_seq: int
    last_seq: int
    last_ts: float


class Digest(msgspec.Struct, frozen=True):
    """What a run's summary takes from many steps, in the order in which they were logged."""

    first_step: int
    least_step: int
    last_step: int
    times: list[float]
    """Of the last steps, as many as a `Pace` looks at."""
    last: dict[str, float]
    """By metric its last finite value."""
    spark_steps: bytes
    """Of the finite values of SPARK_KEY, as int64; with them the values, as float64."""
    spark_values: bytes


class BulkReader:
    """Reads the blocks of one log; remembers which metrics its steps carry, and how they are best kept."""

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ()
        self._schemes = Schemes()

    def read(self, block: Block) -> Bulk | None:
        """The block in columns, where every line of it is sound and follows on the one before; None where it is to be
        read line by line."""
        if len(block.data) < LEAST_BYTES or block.faults:
            return None
        lines = objects(block.data)
        if lines is None:
            return None
        found = self._decode(block)
        if found is None or len(found) != lines:
            return None
        shape = _shape(self._names)
        kinds = list(map(type, found))
        count = kinds.count(shape.step)
        seqs = _numbers(found, "seq", np.int64)
        if count < LEAST_STEPS or seqs is None or not bool((np.diff(seqs) == 1).all()):
            return None
        places = _places(kinds, shape.step)
        others, last_ts = _others(found, places, shape, block.start == 0), found[-1].ts
        for at in reversed(places):
            del found[at]
        columns = _columns(found, np.delete(seqs, places), shape)
        if others is None or columns is None or len(columns.metrics) > MOST_METRICS:
            return None
        sealed = compress(columns, self._schemes)
        return Bulk(sealed, _digest(columns), others, int(seqs[0]), int(seqs[-1]), last_ts)

    def _decode(self, block: Block) -> list[Any] | None:
        try:
            return _shape(self._names).decode(block.data)
        except (ValueError, RecursionError):
            pass  # a metric that was not seen so far, or a line that is wrong
        names = dict.fromkeys(self._names)
        for event in parse(block):
            if isinstance(event, Step):
                names.update(dict.fromkeys(event.values))
        if len(names) > MOST_METRICS or tuple(names) == self._names:
            return None
        self._names = tuple(names)
        try:
            return _shape(self._names).decode(block.data)
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
def _shape(names: tuple[str, ...]) -> Shape:
    return Shape(names)


def _columns(steps: list[Any], seqs: Ints, shape: Shape) -> Columns | None:
    """The steps in columns; None where a number is out of range."""
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
        _put_odd(columns, [(row, event.nonfinite) for row, event in enumerate(steps) if event.nonfinite])
    return columns


def _places(kinds: list[type], step: type) -> list[int]:
    """Where there is something else than steps, of which there are most."""
    places: list[int] = []
    for kind in set(kinds) - {step}:
        at = -1
        for _ in range(kinds.count(kind)):
            at = kinds.index(kind, at + 1)
            places.append(at)
    return sorted(places)


def _others(found: list[Any], places: list[int], shape: Shape, at_start: bool) -> list[tuple[Event, int | None]] | None:
    """The events at `places`, which are no steps; None if a header is missing or where none belongs."""
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


def _put_odd(columns: Columns, odd: list[tuple[int, dict[str, str]]]) -> None:
    """Add what is not finite, by row, to the columns."""
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
