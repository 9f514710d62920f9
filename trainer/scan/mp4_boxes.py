"""Read the outermost boxes of an MP4 or MOV (ISO/IEC 14496-12, 4.2) that FFmpeg cannot open."""

import os
from typing import IO

_HEAD_BYTES = 16


def missing_text(file: IO[bytes]) -> str:
    """Say what the end of the file lacks, as a clause; empty if it is no MP4 or nothing is missing."""
    size = os.fstat(file.fileno()).st_size
    position, kinds = 0, list[bytes]()
    while position + 8 <= size and len(kinds) < 1000:
        file.seek(position)
        head = file.read(_HEAD_BYTES)
        length, kind = int.from_bytes(head[:4]), head[4:8]
        if not kinds and kind != b"ftyp":
            return ""
        kinds.append(kind)
        if length == 1:
            length = int.from_bytes(head[8:16])
        if length == 0:  # to the end of the file
            break
        if length < 8:
            return ""
        position += length
        if position > size:
            name = kind.decode("ascii", "replace")
            return f"{position - size:,} bytes of its part '{name}' are missing at the end"
    return "its index is missing, which a writer adds last" if kinds and b"moov" not in kinds else ""
