"""The events of a step log: one JSON object a line, each with `type`, `seq` and `ts`.

`seq` counts from 0 without a gap in its file; `ts` is Unix seconds. NaN and infinities are not JSON: a step carries its
finite values in `values` and the names of the others in `nonfinite`. Readers ignore fields that they do not know; an
unknown `type` is a `msgspec.ValidationError`.
"""

import math
from typing import Any, Literal

import msgspec

SCHEMA = 1

NonFinite = Literal["nan", "inf", "-inf"]
EndReason = Literal["succeeded", "stopped", "failed"]


class _Event(msgspec.Struct, tag_field="type", frozen=True, kw_only=True, omit_defaults=True):
    seq: int
    ts: float


class Header(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="header"):
    """Line 1 of every log. `rank` is -1 in the shim's log, which belongs to no rank."""

    schema: int
    log_id: str
    run_id: str
    attempt: int
    rank: int
    world_size: int
    host: str
    versions: dict[str, str]
    details: dict[str, Any] = {}


class Phase(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="phase"):
    """What the process does now; written again as a heartbeat while it lasts. Phase `train` counts optimizer steps.

    `details` is once in an attempt's log, in a phase `load`: what the machine is and what was chosen for it, such as
    `card`, `base_dtype`, `attention` and `cuda_graph`.
    """

    phase: str
    done: int | None = None
    total: int | None = None
    item: str | None = None
    details: dict[str, Any] = {}


class Step(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="step"):
    """One optimizer step, counted from 1 over all attempts. `values` are keyed by slash names such as `train/loss`."""

    step: int
    epoch: int
    values: dict[str, float]
    nonfinite: dict[str, NonFinite] = {}


class Eval(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="eval"):
    step: int
    epoch: int
    values: dict[str, float]
    nonfinite: dict[str, NonFinite] = {}


class Sample(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="sample"):
    """A video drawn at `step`; `path` is relative to the run folder. `what` is "lora" or "base" (without the LoRA)."""

    step: int
    path: str
    prompt: str
    what: str = "lora"
    seed: int | None = None


class Checkpoint(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="checkpoint"):
    """A folder to resume from, relative to the run folder; `lora` is the LoRA file inside it, likewise relative.

    `removed` names the folders of older checkpoints that made room for it.
    """

    step: int
    path: str
    lora: str | None = None
    bytes: int | None = None
    removed: tuple[str, ...] = ()


class System(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="system"):
    values: dict[str, float]


class Warning(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="warning"):
    """Something a person should know. `code` is a stable snake_case word; `message` says what to do."""

    code: str
    message: str
    details: dict[str, Any] = {}


class Stall(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="stall"):
    code: str
    message: str
    details: dict[str, Any] = {}


class End(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="end"):
    """The last line of a log that ended in an orderly way; `code` and `message` say why where it did not succeed."""

    reason: EndReason
    code: str = ""
    message: str = ""
    step: int | None = None
    details: dict[str, Any] = {}


Event = Header | Phase | Step | Eval | Sample | Checkpoint | System | Warning | Stall | End

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode(event: Event) -> bytes:
    """`event` as one line, newline included."""
    return _encoder.encode(event) + b"\n"


def decode(line: bytes) -> Event:
    """The event on `line`. Raises: msgspec.MsgspecError (bad JSON, an unknown type, a missing or mistyped field)."""
    return _decoder.decode(line)


def split_finite(values: dict[str, float]) -> tuple[dict[str, float], dict[str, NonFinite]]:
    """`values` parted into the finite ones (itself, if all are) and, by name, what each other one is."""
    if math.isfinite(
        sum(values.values())
    ):  # no sum of finite values is NaN, and a sum that overflows takes the long way
        return values, {}
    finite: dict[str, float] = {}
    others: dict[str, NonFinite] = {}
    for name, value in values.items():
        if math.isfinite(value):
            finite[name] = value
        elif math.isnan(value):
            others[name] = "nan"
        else:
            others[name] = "inf" if value > 0 else "-inf"
    return finite, others


def json_schema() -> dict[str, Any]:
    """The JSON Schema of one line; `docs/events.schema.json` is this, and a test keeps it so."""
    schema = msgspec.json.schema(Event)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Loradeck step log, schema {SCHEMA}",
        **schema,
    }
