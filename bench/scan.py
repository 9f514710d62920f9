"""How fast a data set is scanned: `python -m bench.scan [--quick]`.

The clips are of 1280x720 and 125 frames, made by x264 as it is by default: pictures that move over one another, with
grain. Each rate is of the phase from its first fact of progress to its last, as a person sees it, workers started and
files in the page cache. Workers are nice, so beside other work the rates are low; the CPU's time is less so.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from bench.report import Report, is_quick, spread
from trainer.contract.scan import ITEMS
from trainer.contract.tasks import TaskDir

WIDTH, HEIGHT, FRAMES, RATE = 1280, 720, 125, 25
CLIPS = 12
"""Different ones; the others are links to them, which are files of their own to a scan."""
CAPTIONS = 170_180
TEXT = (
    "a red tram crosses the wet square while a dog shakes water from its coat and the camera pans slowly past old "
    "houses in golden evening light close shot of a woman walking through tall grass with her hand on the fence"
)

_draw = np.random.default_rng(7)


def _texture(height: int, width: int) -> np.ndarray:
    """Detail at all scales, as pictures have it."""
    total = np.zeros((height, width, 3), np.float32)
    for cells in (4, 12, 40, 160):
        small = _draw.integers(0, 255, (max(2, cells * height // width), cells, 3), np.uint8)
        total += np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC), np.float32)
    return (total / 4).astype(np.uint8)


def make_clip(path: Path) -> None:
    behind, before = _texture(HEIGHT + 200, WIDTH + 400), _texture(260, 380)
    grain = _draw.integers(0, 6, (HEIGHT, WIDTH, 3), np.uint8)
    pan_x, pan_y = _draw.integers(0, 3, 2)
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(FRAMES):
            top, left = number * pan_y // 2, number * pan_x
            picture = behind[top : top + HEIGHT, left : left + WIDTH] // 8 * 7 + np.roll(grain, 31 * number, axis=1)
            x, y = number * 6, 200 + int(150 * np.sin(number / 20))
            picture[y : y + 260, x : x + 380] = before
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def scan(folder: Path, rows: list[tuple[Path | None, str]]) -> dict[str, float]:
    """By phase the seconds that it took. A row without a file is for its caption alone."""
    folder.mkdir()
    task = TaskDir(folder)
    task.request.write_text('{"kind": "scan"}')
    with open(folder / ITEMS, "w") as items:
        for path, caption in rows:
            status = path.stat() if path else None
            size, changed_ns = (status.st_size, status.st_mtime_ns) if status else (0, 0)
            items.write(
                json.dumps([str(path or "/nothing"), bool(path and path.suffix == ".jpg"), size, changed_ns, caption])
            )
            items.write("\n")
    subprocess.run([sys.executable, "-m", "trainer.tasks.runner", str(folder)], check=True)
    facts, _ = task.read(limit_bytes=1 << 30)
    assert facts[-1].get("reason") == "succeeded", facts[-1]
    took = {}
    for phase in ("captions", "headers", "frames"):
        times = [fact["ts"] for fact in facts if fact["type"] == "progress" and fact["phase"] == phase]
        took[phase] = times[-1] - times[0]
    damaged = [fact for fact in facts if fact.get("damage") and fact["damage"] != "vanished"]
    assert not damaged, damaged
    return took


def _cpu_s() -> float:
    """Of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(quick: bool) -> Report:
    rounds, clips, images, captions = (1, 24, 60, 5000) if quick else (3, 240, 600, CAPTIONS)
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(CLIPS):
            make_clip(folder / f"{number}.mp4")
        clip_bytes = sum((folder / f"{number}.mp4").stat().st_size for number in range(CLIPS)) // CLIPS
        Image.fromarray(_texture(HEIGHT, WIDTH)).save(folder / "0.jpg", quality=90)
        videos, photos = [], []
        for number in range(max(clips, images)):
            for found, source, count in ((videos, f"{number % CLIPS}.mp4", clips), (photos, "0.jpg", images)):
                if number < count:
                    found.append(folder / f"link-{number}-{source}")
                    os.link(folder / source, found[-1])
        texts = [
            " ".join(_draw.choice(TEXT.split(), _draw.integers(10, 60))) + f" {number}" for number in range(captions)
        ]
        for round_ in range(rounds):
            # The words first, so that the workers have started when it comes to the files.
            before = _cpu_s()
            took = scan(folder / f"videos-{round_}", [(path, "a cat") for path in videos])
            rates.setdefault("cpu", []).append((_cpu_s() - before) / clips * 1000)
            rates.setdefault("headers of videos", []).append(clips / took["headers"])
            rates.setdefault("frames of videos", []).append(clips / took["frames"])
            took = scan(folder / f"images-{round_}", [(path, "a cat") for path in photos])
            rates.setdefault("headers of images", []).append(images / took["headers"])
            rates.setdefault("frames of images", []).append(images / took["frames"])
            took = scan(folder / f"words-{round_}", [(None, text) for text in texts])
            rates.setdefault("captions", []).append(captions / took["captions"])
    report = Report("Scanning a data set")
    report.add("header probes of clips, files/s", spread(rates["headers of videos"]), "150")
    report.add("header probes of images, files/s", spread(rates["headers of images"]), "150")
    report.add("measures on 8 sampled frames, clips/s", spread(rates["frames of videos"], ".1f"), "20")
    report.add("both for a clip, CPU, ms, the workers' start included", spread(rates["cpu"], ".0f"))
    report.add("measures on images, files/s", spread(rates["frames of images"]))
    report.add("captions counted by tiny-wan's tokenizer, a second, its start included", spread(rates["captions"]))
    report.fixed.append((f"a clip of {WIDTH}x{HEIGHT}, {FRAMES} frames, H.264, kB", f"{clip_bytes / 1e3:,.0f}"))
    return report


if __name__ == "__main__":
    print(measure(is_quick(__doc__ or "")).markdown())
