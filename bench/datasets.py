"""Data sets of the first user's size: `python -m bench.datasets [--quick]`.

The files are there and hold a few bytes, which is all that an import asks of them; what a scan would find is generated
and taken in as a scan's facts are. Answers are timed over HTTP, from a backend in a process of its own.
"""

import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import msgspec
import numpy as np

from bench.backend import Backend, backend, scratch
from bench.report import Report, is_quick, percentile, spread
from services.backend.datasets.importing import importer, scan_results
from services.backend.datasets.manifest.manifest import opened
from services.backend.datasets.quality import flagging
from services.backend.datasets.quality.rulebook import RULES
from trainer.contract.scan import Caption, Media, caption_key, media_key

VIDEOS, IMAGES = 80_180, 90_000
WORDS = [
    "a",
    "the",
    "red",
    "blue",
    "bird",
    "boat",
    "street",
    "rain",
    "light",
    "slow",
    "camera",
    "moves",
    "over",
    "water",
    "night",
    "tree",
    "person",
    "walks",
]
"""Of captions, of some 30 words each."""
SEEN = 500
"""Files whose facts a scan writes between two looks at it."""
FILTERS: tuple[dict[str, str], ...] = (
    {},
    {"kind": "video"},
    {"rule": "near_duplicate"},
    {"state": "used", "kind": "image"},
    {"q": "red bird"},
    {"sort": "size"},
    {"sort": "sharpness", "descending": "true"},
    {"rule": "caption_long", "sort": "duration"},
)


def write_source(folder: Path, rows: int) -> Path:
    """A table with its files."""
    draw = random.Random(0)
    (folder / "clips").mkdir(parents=True)
    table = folder / "metadata.csv"
    with open(table, "w") as file:
        file.write("file_path,caption,media_type\n")
        for number in range(rows):
            is_image = number % (VIDEOS + IMAGES) >= VIDEOS
            name = f"clips/{number // 2000}/{number:06}.{'jpg' if is_image else 'mp4'}"
            if number % 2000 == 0:
                (folder / "clips" / str(number // 2000)).mkdir(exist_ok=True)
            (folder / name).write_bytes(b"%d" % number)
            caption = " ".join(draw.choices(WORDS, k=30))
            file.write(f'{name},"{number}: {caption}",{"image" if is_image else "video"}\n')
    return table


def import_alone(path: Path, table: Path) -> tuple[float, float, float]:
    """Seconds, those that it computed, and the MB of its own process at its peak."""
    code = f"from bench.datasets import timed_import; timed_import({str(path)!r}, {str(table)!r})"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    return float(found[0]), float(found[1]), float(found[2])


def timed_import(path: str, table: str) -> None:
    began = time.monotonic()
    importer.import_source(Path(path), Path(table), Path(table).parent, [Path(table).parent])
    seconds = time.monotonic() - began
    print(seconds, time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)


def facts(path: Path) -> Iterator[bytes]:
    """What a scan might find: hashes of which one in a hundred is near another's, and measures around what is usual."""
    draw = np.random.default_rng(0)
    with opened(path) as manifest:
        rows = manifest.sql.execute("SELECT path, is_image, size_bytes, changed_ns, caption FROM item").fetchall()
    hashes = draw.integers(0, 2**64, len(rows), dtype=np.uint64)
    near = draw.choice(len(rows), len(rows) // 100, replace=False)
    hashes[near] = np.roll(hashes, 1)[near] ^ np.uint64(5)
    numbers = draw.random((len(rows), 6))
    encoder = msgspec.json.Encoder()
    for place, (file, is_image, size, changed, caption) in enumerate(rows):
        one = [float(number) for number in numbers[place]]
        media = Media(
            ts=0, key=media_key(file, size, changed), container="mp4", codec="h264", width=1280, height=720,
            frames=1 if is_image else 40 + int(one[0] * 200), fps=None if is_image else 24.0,
            duration_s=None if is_image else 2 + one[0] * 8, fingerprint=f"{place:032x}",
            hash64=f"{int(hashes[place]):016x}", motion=None if is_image else one[1] * 20,
            cut=None if is_image else one[2] * 0.52, sharpness=20 + one[3] * 500, brightness=one[4] * 255,
            dark=one[4], burnt=one[5] / 2, bars=0.0, frames_seen=8,
        )  # fmt: skip
        words = Caption(ts=0, key=caption_key(caption), tokens=20 + int(one[1] * 500), scripts={"Latin": 120})
        yield encoder.encode(media) + b"\n" + encoder.encode(words) + b"\n"


def take_facts(path: Path) -> float:
    """Take in generated facts, and how many rows a second that was."""
    decoder, batch, rows = msgspec.json.Decoder(), list[scan_results.Fact](), 0
    lines = [line for piece in facts(path) for line in piece.splitlines()]
    began = time.monotonic()
    with opened(path) as manifest:
        for line in lines:
            found = scan_results.parse_fact(decoder.decode(line))
            assert found is not None
            batch.append(found)
            if len(batch) == 8_000 or line is lines[-1]:
                with manifest.write() as sql:
                    scan_results.store_facts(sql, "scan-0", batch)
                rows += len(batch) // 2
                batch.clear()
    return rows / (time.monotonic() - began)


def judged(path: Path, ids: set[str]) -> float:
    """Seconds to judge all rows by these rules anew."""
    began = time.monotonic()
    with opened(path) as manifest, manifest.write() as sql:
        flagging.update_flags(sql, [rule for rule in RULES if rule.id in ids])
    return time.monotonic() - began


Times = dict[str, list[float]]
"""Milliseconds of windows of the grid, by what the answer's filter was before it: asked already, or not since a caption
was edited, or since a scan's facts were taken in; and those with words that nobody has searched for."""


def ask(served: Backend, dataset_id: int, rows: int, rounds: int) -> tuple[list[float], Times]:
    """What the very first answer of each filter takes, when all rows were measured anew, and what later ones take."""
    draw, path = random.Random(1), served.state_dir / "datasets" / f"{dataset_id}.db"
    times: Times = {"asked": [], "edit": [], "facts": [], "words": []}
    with opened(path) as manifest:
        files = manifest.sql.execute(
            "SELECT path, size_bytes, changed_ns FROM item LIMIT ?", (SEEN * rounds,)
        ).fetchall()
    keys = [media_key(*file) for file in files]
    with httpx.Client(base_url=f"http://127.0.0.1:{served.port}/api/datasets/{dataset_id}", timeout=60) as http:

        def window(asked: dict[str, str]) -> float:
            params = {**asked, "offset": draw.randrange(rows), "limit": 100}
            began = time.monotonic()
            answer = http.get("/items", params=params)
            took = (time.monotonic() - began) * 1e3
            answer.raise_for_status()
            return took

        first = [window(asked) for asked in FILTERS]
        for number in range(rounds):
            http.patch(f"/items/{1 + number}", json={"caption": f"changed {number}"}).raise_for_status()
            answers(window, times, "edit")
            seen = [
                Media(ts=0, key=key, width=1920, height=1080, duration_s=draw.random(), sharpness=draw.random() * 500)
                for key in keys[SEEN * number : SEEN * (number + 1)]
            ]
            with opened(path) as manifest, manifest.write() as sql:
                scan_results.store_facts(sql, "scan-0", seen)
            answers(window, times, "facts")
            times["words"] += [window({"q": " ".join(draw.sample(WORDS, 2))}) for _ in range(2)]
    return first, times


def answers(window: Callable[[dict[str, str]], float], times: Times, after: str) -> None:
    """Of each filter the first answer after a change, and ten more."""
    for asked in FILTERS:
        times[after].append(window(asked))
        times["asked"] += [window(asked) for _ in range(10)]


def measure(quick: bool) -> Report:
    rows, rounds = (5_000, 2) if quick else (VIDEOS + IMAGES, 12)
    report = Report("Data sets")
    with scratch() as folder:
        table = write_source(folder / "data", rows)
        path = folder / "alone.db"
        imports = []
        for _ in range(1 if quick else 3):
            path.unlink(missing_ok=True)
            imports.append(import_alone(path, table))
        report.add(f"{rows:,} rows imported, no file opened, s", spread([one[0] for one in imports], ".1f"), "20")
        report.add("the same: CPU, its start included, s", spread([one[1] for one in imports], ".1f"))
        report.add("the same: memory at its peak, MB", spread([one[2] for one in imports]), "1,000")
        report.add("facts of a scan taken in and judged, rows/s", f"{take_facts(path):,.0f}")
        near = [judged(path, {"near_duplicate"}) for _ in range(1 if quick else 3)]
        report.add("near-duplicates of all rows, s", spread(near, ".1f"))
        every = [judged(path, {rule.id for rule in RULES}) for _ in range(1 if quick else 3)]
        report.add("all rules of all rows, s", spread(every, ".1f"))
        report.add("the manifest, MB", f"{os.path.getsize(path) / 1e6:,.0f}")
        with backend(folder) as served:
            body = {"name": "bench", "base_path": str(table.parent)}
            url = f"http://127.0.0.1:{served.port}/api/datasets"
            dataset_id = httpx.post(url, json=body, timeout=60).raise_for_status().json()["id"]
            deadline = time.monotonic() + 120
            while httpx.get(f"{url}/{dataset_id}").json()["state"] != "ready" and time.monotonic() < deadline:
                time.sleep(0.2)
            path = served.state_dir / "datasets" / f"{dataset_id}.db"
            take_facts(path)
            judged(path, {"near_duplicate"})
            first, times = ask(served, dataset_id, rows, rounds)
            peak = served.peak_rss_bytes
    shown = {
        "a window of 100 rows, over HTTP": [took for some in times.values() for took in some],
        "of these, with a filter that was asked before": times["asked"],
        "of these, the first with its filter after a caption was edited": times["edit"],
        f"of these, the first with its filter after facts of {SEEN} files came": times["facts"],
        "of these, a search for two words by chance": times["words"],
    }
    for what, some in shown.items():
        report.add(
            f"{what}: median, 99th percentile, ms", f"{statistics.median(some):.1f}, {percentile(some, 99):.1f}", "50"
        )
    report.add("the very first answer after all rows were measured anew, ms", f"{max(first):.0f}")
    report.add("the backend's memory at its peak, MB", f"{peak / 1e6:,.0f}")
    report.notes.append(f"The filters and orders: {json.dumps(FILTERS)}, at offsets by chance.")
    return report


if __name__ == "__main__":
    print(measure(is_quick(__doc__ or "")).markdown())
