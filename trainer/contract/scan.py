"""A scan: what is found out about the files and captions of a data set. Its request, and its facts besides those of any
task. Thresholds are not its business: it measures, and the reader judges.

A file is told by its `key`, so that what is known of it holds in the next scan of the same folder, too.
"""

import hashlib
from typing import Literal

import msgspec

ITEMS = "items.jsonl"
"""In the task's folder: an `Item` a line, all that is to be looked at."""
THUMBNAILS = "thumbnails.bin"
"""In the task's folder: WebP pictures one after the other."""

SAMPLED_FRAMES = 8
"""Frames of a clip that are looked at, spread over its length. An image has one."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """`request.json`. Captions are counted by the tokenizer of `model`, or by that in the folder `tokenizer_path`;
    `file_limit_s` is how long one file may take."""

    kind: Literal["scan"] = "scan"
    model: str = "tiny-wan"
    tokenizer_path: str | None = None
    file_limit_s: float = 30.0
    workers: int | None = None
    """Processes; None for one a CPU core."""


class Item(msgspec.Struct, frozen=True, array_like=True):
    """One row of the data set; `path` is absolute, `changed_ns` its file's mtime."""

    path: str
    is_image: bool
    size_bytes: int
    changed_ns: int
    caption: str


SCANNER = 1
"""The number of this scanner, which its facts carry. One of a smaller number did not tell all that is converted of a
file for training, and measured some pictures as they are stored."""

DAMAGES = (
    "vanished",
    "changed",  # since it was listed
    "not_a_file",
    "no_permission",
    "disk_error",
    "empty",
    "unreadable",
    "truncated",
    "decode_error",
    "no_video",
    "no_frames",
    "image_as_video",
    "video_as_image",
    "several_pictures",
    "too_big",
    "too_slow",
    "killed_decoder",
)

PASSING_DAMAGES = ("vanished", "changed", "no_permission", "disk_error")
"""Those that are no more than how things were at the time: the next scan looks again."""


class Media(msgspec.Struct, frozen=True, kw_only=True, tag="media", omit_defaults=True):
    """What one file is. With a `damage` some or all of the rest is missing. The last fact of a key counts: there is one
    once the file has been opened, and another one once its frames have been looked at.

    Shares are 0 to 1. `width` and `height` are as shown, so after `rotation` (degrees, clockwise).
    """

    ts: float
    key: str
    scanner: int = 0
    """Whose fact it is: see SCANNER."""
    damage: str = ""
    """A stable word of DAMAGES; a file with one is not looked at any further."""
    message: str = ""
    """A sentence on the damage, and one on what to do. The file is "it" in them."""
    container: str = ""
    codec: str = ""
    width: int | None = None
    height: int | None = None
    rotation: int = 0
    is_mirrored: bool = False
    """Whether it is shown mirrored left to right, before it is turned."""
    has_square_pixels: bool = True
    pixel_aspect: float = 1.0
    """The width of a stored pixel over its height."""
    is_interlaced: bool = False
    is_steady: bool = True
    """Whether all frames of a video are shown for the same time."""
    has_alpha: bool = False
    """Whether parts of it are transparent, which are laid on white; before the frames are seen, whether any may be."""
    colour: str = ""
    """What is mapped to SDR BT.709: "hlg", "pq" or "linear", and "bt2020" or "p3"; of an image "profile" or "cmyk"."""
    frames: int | None = None
    """Of an image 1; of a video those that can be decoded, by its packets."""
    fps: float | None = None
    duration_s: float | None = None
    frames_seen: int = 0
    """How many sampled frames the measures below are of: 0 as long as only the header has been read."""
    fingerprint: str = ""
    """The same for files of the same content, as far as their size and samples of their bytes tell."""
    hash64: str = ""
    """16 hex digits: a perceptual hash of the middle frame; near duplicates differ in few bits."""
    motion: float | None = None
    """The mean absolute difference of luma between neighbouring sampled frames; None for an image."""
    cut: float | None = None
    """How sudden the greatest change between two frames is beside those before and after it, 0 to 1; None for an image.
    Of a long clip only the beginning is looked at for this: 320 frames of 1280x720, fewer of larger ones."""
    sharpness: float | None = None
    """The variance of the Laplacian of luma (0 to 255), the median of the sampled frames. Their long side is 512 pixels
    or, in a smaller picture, as it is; bars are left out."""
    brightness: float | None = None
    """Mean luma, 0 to 255, bars left out."""
    dark: float | None = None
    """The share of pixels that are nearly black, bars left out; `burnt`: nearly white."""
    burnt: float | None = None
    bars: float | None = None
    """The share of the picture that black bars take, in all sampled frames alike."""
    thumbnail: tuple[int, int] | None = None
    """Offset and length in THUMBNAILS."""


class Tokenizer(msgspec.Struct, frozen=True, kw_only=True, tag="tokenizer", omit_defaults=True):
    """What the captions that follow are counted by. Those that another one has counted are counted anew."""

    ts: float
    model: str
    """Whose captions are meant."""
    folder: str
    is_own: bool = True
    """Whether it is the model's. Else it is tiny-wan's in its place, whose counts tell nothing of the limit."""
    message: str = ""
    """A sentence that says why it is not, and one on what to do."""


class Caption(msgspec.Struct, frozen=True, kw_only=True, tag="caption", omit_defaults=True):
    """What one caption is. `scripts` counts its letters by script (Latin, Han, ...)."""

    ts: float
    key: str
    tokens: int
    """Of the last `Tokenizer` before it, its end token included; as many as there would be without a limit. Of a
    caption of over 20,000 characters it is the sum over pieces, so a few tokens off."""
    misdecoded: bool = False
    """Whether it looks as text does that was read in a wrong encoding."""
    scripts: dict[str, int] = {}


def media_key(path: str, size_bytes: int, changed_ns: int) -> str:
    """16 hex digits for a file as it was then."""
    return hashlib.blake2b(
        f"{path}\0{size_bytes}\0{changed_ns}".encode(errors="surrogatepass"), digest_size=8
    ).hexdigest()


def caption_key(caption: str) -> str:
    return hashlib.blake2b(caption.encode(errors="surrogatepass"), digest_size=8).hexdigest()
