"""Read all packets of a clip, undecoded: when their frames are shown, and whether their bytes are plausible.

Decoders of H.264 and HEVC make pictures of nearly anything, so holes in a file (zeros that a download never filled)
are found here. A packet is NAL units, each behind its length; and inside one, zero bytes never follow each other twice
without something in between (ITU-T H.264, 7.4.1), so that a hole is told by its first bytes.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from trainer.contract.messages import message
from trainer.media.damage import Damage

_FORBIDDEN = re.compile(rb"\0\0[\0\1\2]")
_LENGTH_SIZE_AT = {"h264": 4, "hevc": 21}
"""Where in the codec's own header the size of the lengths stands, in its lowest two bits."""


@dataclass
class Packets:
    """Timestamps of frames that are shown, in the stream's unit of time."""

    stamps: list[int] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)

    def in_order(self) -> "Packets":
        return Packets(sorted(self.stamps), sorted(self.keys))


def read_packets(container: Any, stream: Any) -> Packets:
    """Raises: Damage, FFmpegError."""
    found = Packets()
    length_bytes = _length_bytes(stream.codec_context)
    for packet in container.demux(stream):
        if not packet.size or packet.is_discard:
            continue
        stamp = packet.pts if packet.pts is not None else packet.dts
        if length_bytes and not is_whole(bytes(packet), length_bytes):
            if stamp is None:
                raise Damage(message("decode_error.packet"))
            raise Damage(message("decode_error.packet_at", at_s=float(stamp * stream.time_base)))
        if stamp is not None:
            found.stamps.append(stamp)
            if packet.is_keyframe:
                found.keys.append(stamp)
    return found.in_order()


def is_whole(packet: bytes, length_bytes: int) -> bool:
    """Tell whether `packet` is made of whole NAL units."""
    at = 0
    while at < len(packet):
        begin = at + length_bytes
        at = begin + int.from_bytes(packet[at:begin])
        if at == begin or at > len(packet) or _FORBIDDEN.search(packet, begin, at):
            return False
    return True


def _length_bytes(codec: Any) -> int:
    """Return the size of the length fields; 0 if the packets have none."""
    header = codec.extradata or b""
    at = _LENGTH_SIZE_AT.get(codec.name)
    if at is None or len(header) <= at or header[0] != 1:
        return 0
    return int(header[at] & 3) + 1
