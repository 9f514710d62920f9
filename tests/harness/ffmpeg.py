"""Make media by the FFmpeg that imageio carries, and see how it shows them."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]


def ffmpeg(*arguments: object) -> bytes:
    """Run FFmpeg and return its output."""
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-hide_banner", "-loglevel", "error", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def encode(path: Path, pictures: list[Picture], *arguments: object, fps: float = 24) -> Path:
    """Encode pictures (HWC, RGB or RGBA)."""
    import imageio_ffmpeg

    height, width, colours = pictures[0].shape
    form = "rgb24" if colours == 3 else "rgba"
    given = ("-f", "rawvideo", "-pix_fmt", form, "-s", f"{width}x{height}", "-r", fps, "-i", "-")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-hide_banner", "-loglevel", "error", *given, *arguments, path]
    subprocess.run(list(map(str, command)), input=b"".join(map(bytes, pictures)), check=True, capture_output=True)
    return path


def shown(path: Path, height: int, width: int, *arguments: object) -> Picture:
    """Decode all frames as FFmpeg shows them, as FHWC; `arguments` come before the output."""
    raw = ffmpeg("-i", path, *arguments, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)


def corners(height: int = 128, width: int = 192) -> Picture:
    """Draw red, green, blue and white in the corners, from the top left on, so that any turn or mirroring shows."""
    picture = np.full((height, width, 3), 90, np.uint8)
    side = min(height, width) // 3
    picture[:side, :side] = (220, 20, 20)
    picture[:side, -side:] = (20, 220, 20)
    picture[-side:, :side] = (20, 20, 220)
    picture[-side:, -side:] = (240, 240, 240)
    return picture


def woven() -> tuple[object, ...]:
    """Return arguments that weave each two frames into an interlaced one, the top field first."""
    filters = "tinterlace=interleave_top,fieldorder=tff"
    return ("-vf", filters, "-flags", "+ildct+ilme", "-field_order", "tt")


def difference(ours: Any, theirs: Any) -> float:
    """Return the 99th percentile of the difference of two pictures, in levels of 255."""
    return float(np.percentile(np.abs(ours.astype(np.int16) - theirs.astype(np.int16)), 99))
