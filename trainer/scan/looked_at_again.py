"""Decide whether what an earlier scanner has measured of a file still holds, so that its frames need no other look."""

from collections.abc import Mapping
from typing import Any

_SAME = ("width", "height", "rotation", "frames")


def measures_hold(earlier: Mapping[str, Any], header: Mapping[str, Any]) -> bool:
    """Tell whether a file that was measured is trained on as it is stored, and so as every scanner has seen it.

    Both are fields of `trainer.contract.scan.Media`: those of the earlier scanner, and those of a header read since.
    """
    if not earlier.get("frames_seen") or earlier.get("damage") or header.get("damage"):
        return False
    is_converted = header.get("is_interlaced") or header.get("has_alpha") or header.get("colour")
    is_reshaped = header.get("is_mirrored") or header.get("pixel_aspect", 1.0) != 1.0
    return not is_converted and not is_reshaped and all(earlier.get(name) == header.get(name) for name in _SAME)
