"""What a scan and its worker processes say to each other over pipes: msgpack behind a length of four bytes."""

from typing import Any

import msgspec

LENGTH_BYTES = 4


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


def framed(message: Job | Answer) -> bytes:
    body = _encoder.encode(message)
    return len(body).to_bytes(LENGTH_BYTES, "little") + body


def take(buffer: bytearray) -> bytes | None:
    """The first whole message, which is removed; None where there is none yet."""
    if len(buffer) < LENGTH_BYTES:
        return None
    end = LENGTH_BYTES + int.from_bytes(buffer[:LENGTH_BYTES], "little")
    if len(buffer) < end:
        return None
    body = bytes(buffer[LENGTH_BYTES:end])
    del buffer[:end]
    return body
