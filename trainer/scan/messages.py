"""Define the messages between a scan and its worker processes, as msgpack in the frames of `piped_process`."""

from typing import Any

import msgspec

from trainer.supervision.piped_process import framed


class Inspect(msgspec.Struct, frozen=True, tag="look"):
    """Asks to inspect one file. `path` as the system has it; `header`: what a first look found, None for that look."""

    path: bytes
    is_image: bool
    size_bytes: int
    changed_ns: int
    header: dict[str, Any] | None = None


class Count(msgspec.Struct, frozen=True, tag="count"):
    """Asks to count the tokens of some captions."""

    captions: list[str]


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """Says that the worker has started, and waits."""


class Inspected(msgspec.Struct, frozen=True, tag="looked"):
    """Answers `Inspect`. `fields`: those of `trainer.contract.scan.Media`; `thumbnail`: a WebP picture, or empty."""

    fields: dict[str, Any]
    thumbnail: bytes


class Counted(msgspec.Struct, frozen=True, tag="counted"):
    """Answers `Count` as `trainer.scan.captions.Counted`, one for each caption."""

    captions: list[tuple[int, bool, dict[str, int]]]


Job = Inspect | Count
Answer = Ready | Inspected | Counted

_encoder = msgspec.msgpack.Encoder()


def encoded(message: Job | Answer) -> bytes:
    """Make the frame of a message."""
    return framed(_encoder.encode(message))
