"""The messages between a scan and its worker processes, as msgpack in the frames of `piped_process`."""

from typing import Any

import msgspec

from trainer.supervision.piped_process import framed


class Inspect(msgspec.Struct, frozen=True, tag="look"):
    """One file. `path` as the system has it; `header` is what a first look found, None for that look itself."""

    path: bytes
    is_image: bool
    size_bytes: int
    changed_ns: int
    header: dict[str, Any] | None = None


class Count(msgspec.Struct, frozen=True, tag="count"):
    """Some captions."""

    captions: list[str]


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The worker has started, and waits."""


class Inspected(msgspec.Struct, frozen=True, tag="looked"):
    """`fields` are those of `trainer.contract.scan.Media`; `thumbnail` is a WebP picture, or empty."""

    fields: dict[str, Any]
    thumbnail: bytes


class Counted(msgspec.Struct, frozen=True, tag="counted"):
    """As `trainer.scan.captions.Counted`, one a caption."""

    captions: list[tuple[int, bool, dict[str, int]]]


Job = Inspect | Count
Answer = Ready | Inspected | Counted

_encoder = msgspec.msgpack.Encoder()


def encoded(message: Job | Answer) -> bytes:
    """Make the frame of a message."""
    return framed(_encoder.encode(message))
