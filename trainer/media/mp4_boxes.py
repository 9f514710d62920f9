"""Read the outermost boxes of an MP4 or MOV (ISO/IEC 14496-12, 4.2) that FFmpeg cannot open."""

import os
from typing import IO

from trainer.contract.messages import Message, message

_HEAD_BYTES = 16


def missing_part(file: IO[bytes]) -> Message | None:
    """Say what the end of the file lacks; None if it is no MP4 or nothing is missing."""
    size = os.fstat(file.fileno()).st_size
    position, kinds = 0, list[bytes]()
    while position + 8 <= size and len(kinds) < 1000:
        file.seek(position)
        head = file.read(_HEAD_BYTES)
        length, kind = int.from_bytes(head[:4]), head[4:8]
        if not kinds and kind != b"ftyp":
            return None
        kinds.append(kind)
        if length == 1:
            length = int.from_bytes(head[8:16])
        if length == 0:  # to the end of the file
            break
        if length < 8:
            return None
        position += length
        if position > size:
            return message("truncated.box", bytes=position - size, box=kind.decode("ascii", "replace"))
    return message("truncated.index") if kinds and b"moov" not in kinds else None
