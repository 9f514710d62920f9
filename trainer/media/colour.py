"""Map high dynamic range and wide gamuts to SDR BT.709, which is what models are trained on.

A table of 33 x 33 x 33 colours is made once a process for each kind of colour, and FFmpeg's `lut3d` filter applies it
to pictures of 16 bits. Each entry is made so, in linear light where 1 is the white of SDR:

1. The signal becomes light: HLG by ITU-R BT.2100-2 for a screen of 1,000 cd/m2 (its system gamma of 1.2 taken of each
   colour by itself, as zimg and so FFmpeg's zscale do), PQ by SMPTE ST 2084, others by the gamma of 2.4 of BT.1886.
   HDR's reference white of 203 cd/m2 (ITU-R BT.2408-7) becomes 1.
2. The primaries are turned into BT.709's; what lies outside of these is cut off.
3. What is brighter than KNEE is rolled off, so that PEAK cd/m2 become white: E. Reinhard et al., "Photographic tone
   reproduction for digital images" (2002), equation 4, above the knee, by the largest of red, green and blue, which
   keeps hues. Below the knee nothing changes.
4. The gamma of 2.4 makes it a signal again.
"""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import numpy.typing as npt

Light = npt.NDArray[np.float64]

WHITE, PEAK = 203.0, 1000.0
"""In cd/m2."""
KNEE = 0.85
"""Of SDR's white, in linear light: a signal of 238 of 255."""
GAMMA = 2.4
SIDE = 33
"""Colours on each side of the table."""

_BT709, _BT2020, _DCI_P3, _DISPLAY_P3 = 1, 9, 11, 12
_LINEAR, _PQ, _HLG = 8, 16, 18
_TRANSFERS = {_LINEAR: "linear", _PQ: "pq", _HLG: "hlg"}
"""By the numbers of ITU-T H.273, table 3. Those of SDR are shown alike."""
_PRIMARIES = {_BT2020: "bt2020", _DCI_P3: "p3", _DISPLAY_P3: "p3"}
"""By the numbers of ITU-T H.273, table 2. Those of SD television are near BT.709's, and players do not map them."""

# From the chromaticities of the primaries and D65 (ITU-R BT.2020-2 and BT.709-6; SMPTE EG 432-1).
_XYZ_OF = {
    "bt709": ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    "bt2020": ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    "p3": ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
_D65 = (0.3127, 0.3290)


class Colour(NamedTuple):
    """What a picture's numbers mean, as far as it has to be mapped: the empty text where it has not."""

    transfer: str = ""
    primaries: str = ""

    @classmethod
    def of(cls, frame: av.VideoFrame) -> "Colour":
        """Read a frame's tags."""
        return cls(_TRANSFERS.get(frame.color_trc, ""), _PRIMARIES.get(frame.color_primaries, ""))

    @property
    def is_plain(self) -> bool:
        """Tell whether it is SDR in BT.709's primaries, or shown so."""
        return self == PLAIN

    def __str__(self) -> str:
        return " ".join(part for part in self if part)


PLAIN = Colour()


@cache
def table(colour: Colour) -> Path:
    """Write the table that maps `colour`, as a .cube file that stays while the process lives."""
    axis = np.linspace(0, 1, SIDE)
    cube = np.stack(np.meshgrid(axis, axis, axis, indexing="ij")[::-1], -1)  # red changes fastest in the file
    mapped_NC = mapped(colour, cube.reshape(-1, 3))
    path = _folder() / f"{colour.transfer or 'sdr'}-{colour.primaries or 'bt709'}.cube"
    lines = "\n".join(f"{red:.6f} {green:.6f} {blue:.6f}" for red, green, blue in mapped_NC.tolist())
    path.write_text(f"LUT_3D_SIZE {SIDE}\n{lines}\n")
    return path


def mapped(colour: Colour, signal_NC: Light) -> Light:
    """Map RGB signals of 0 to 1 to SDR BT.709 signals of 0 to 1."""
    light_NC = _light(colour.transfer, signal_NC)
    if colour.primaries:
        light_NC = light_NC @ (np.linalg.inv(_to_xyz("bt709")) @ _to_xyz(colour.primaries)).T
    light_NC = np.maximum(light_NC, 0)
    if colour.transfer:
        light_NC = _rolled_off(light_NC)
    signal: Light = np.clip(light_NC, 0, 1) ** (1 / GAMMA)
    return signal


def _light(transfer: str, signal_NC: Light) -> Light:
    """Turn signals into light on a screen, of which SDR's white is 1."""
    if transfer == "hlg":
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        scene_NC = np.where(signal_NC <= 0.5, signal_NC**2 / 3, (np.exp((signal_NC - c) / a) + b) / 12)
        of_hlg: Light = PEAK / WHITE * scene_NC**1.2
        return of_hlg
    if transfer == "pq":
        m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 4096 * 128, 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
        root_NC = signal_NC ** (1 / m2)
        of_pq: Light = 10_000 / WHITE * (np.maximum(root_NC - c1, 0) / (c2 - c3 * root_NC)) ** (1 / m1)
        return of_pq
    return signal_NC if transfer == "linear" else signal_NC**GAMMA


def _rolled_off(light_NC: Light) -> Light:
    top_N1 = light_NC.max(-1, keepdims=True)
    above_N1 = np.maximum(top_N1 - KNEE, 0) / (1 - KNEE)
    most = (PEAK / WHITE - KNEE) / (1 - KNEE)
    rolled_N1 = KNEE + (1 - KNEE) * above_N1 * (1 + above_N1 / most**2) / (1 + above_N1)
    rolled: Light = light_NC * np.where(above_N1 > 0, rolled_N1 / np.maximum(top_N1, 1e-9), 1)
    return rolled


def _to_xyz(primaries: str) -> Light:
    """Return the matrix from linear RGB to XYZ: columns of the primaries, scaled so that white is D65."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in _XYZ_OF[primaries]]).T
    x, y = _D65
    matrix: Light = columns * np.linalg.solve(columns, np.array([x / y, 1, (1 - x - y) / y]))
    return matrix


@cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="loradeck-colour-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
