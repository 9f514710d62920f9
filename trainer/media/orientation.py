"""How a stored picture is turned and mirrored to be shown: the display matrix of a video, the EXIF tag of an image."""

from typing import Any, NamedTuple

import av
import numpy as np
import numpy.typing as npt
from av.sidedata.sidedata import Type

Picture = npt.NDArray[np.uint8]


class Orientation(NamedTuple):
    """Transpose a picture, then mirror its columns (left and right) and its rows (top and bottom)."""

    is_transposed: bool = False
    mirrors_columns: bool = False
    mirrors_rows: bool = False

    @classmethod
    def of_frame(cls, frame: av.VideoFrame) -> "Orientation":
        """Read a frame's display matrix, to the nearest quarter turn. A point (x, y) is shown at (ax + cy, bx + dy), as
        libavutil/display.h says."""
        data = frame.side_data.get(Type.DISPLAYMATRIX)
        if data is None:
            return UPRIGHT
        a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].tolist()
        if abs(b) + abs(c) > abs(a) + abs(d):
            return cls(True, c < 0, b < 0)
        return cls(False, a < 0, d < 0)

    @classmethod
    def of_exif(cls, orientation: Any) -> "Orientation":
        """Translate EXIF's tag 0x0112; what is no such number is upright."""
        return _OF_EXIF.get(orientation, UPRIGHT)

    @property
    def is_mirrored(self) -> bool:
        """Tell whether turning alone does not make it upright."""
        return self.is_transposed == (self.mirrors_columns == self.mirrors_rows)  # a determinant below 0

    @property
    def rotation(self) -> int:
        """Degrees clockwise by which it is turned, once it is mirrored left to right where it `is_mirrored`."""
        if self.is_transposed:
            return 90 if self.mirrors_columns else 270
        return 180 if self.mirrors_rows else 0

    def sides(self, height: int, width: int) -> tuple[int, int]:
        """Exchange height and width where it is transposed."""
        return (width, height) if self.is_transposed else (height, width)

    def apply(self, picture_HWC: Picture) -> Picture:
        """Return a view of the picture as it is shown; H x W or H x W x C."""
        shown = picture_HWC.swapaxes(0, 1) if self.is_transposed else picture_HWC
        return shown[:: -1 if self.mirrors_rows else 1, :: -1 if self.mirrors_columns else 1]


UPRIGHT = Orientation()
_OF_EXIF = {
    2: Orientation(False, True, False),
    3: Orientation(False, True, True),
    4: Orientation(False, False, True),
    5: Orientation(True, False, False),
    6: Orientation(True, True, False),
    7: Orientation(True, True, True),
    8: Orientation(True, False, True),
}
