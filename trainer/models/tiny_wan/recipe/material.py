"""The material: photos to move a camera over, and real clips for the VAE, in one compressed file.

Made once, on any machine; the training stages need no decoder then. Shapes: N photos or T frames, H, W, C channels.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

PHOTO_SIZE = (400, 240)
"""Width, height in pixels: the training size 160 x 96 can be cut out at up to 2.5 times its resolution."""
CLIP_SIZE = (200, 120)
CAPTIONS = Path(__file__).parent / "photos.csv"


@dataclass(frozen=True)
class Material:
    photos_NHWC: NDArray[np.uint8]
    captions: list[str]
    clips_THWC: list[NDArray[np.uint8]]


def gather(photos: Path, clips: Path) -> Material:
    """What `photos.csv` lists of the folder `photos`, and every .mp4 in `clips`. Raises: ValueError for none."""
    with CAPTIONS.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if (photos / row["file"]).is_file()]
    videos = sorted(clips.glob("*.mp4"))
    if not rows or not videos:
        raise ValueError(f"need at least one photo of {CAPTIONS.name} in {photos} and one .mp4 in {clips}")
    fitted = []
    for row in rows:
        with Image.open(photos / row["file"]) as photo:
            photo.draft("RGB", PHOTO_SIZE)
            fitted.append(np.asarray(ImageOps.fit(photo.convert("RGB"), PHOTO_SIZE, Image.Resampling.LANCZOS)))
    return Material(np.stack(fitted), [row["caption"] for row in rows], [_frames(video) for video in videos])


def save(material: Material, path: Path) -> None:
    clips: dict[str, Any] = {f"clip{index}": clip for index, clip in enumerate(material.clips_THWC)}
    np.savez_compressed(path, photos=material.photos_NHWC, captions=np.array(material.captions), **clips)


def load(path: Path) -> Material:
    with np.load(path) as data:
        clips = [data[name] for name in data.files if name.startswith("clip")]
        return Material(data["photos"], [str(caption) for caption in data["captions"]], clips)


def _frames(video: Path) -> NDArray[np.uint8]:
    import av  # here, so that a machine for the training stages alone needs no decoder

    with av.open(str(video)) as container:
        images = (frame.to_image() for frame in container.decode(video=0))
        return np.stack([np.asarray(ImageOps.fit(i, CLIP_SIZE, Image.Resampling.LANCZOS)) for i in images])
