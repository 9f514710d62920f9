"""A generated table of the first user's size, with its files and what a scan finds in them. All that is wrong with it
is known, and whatever is not wrong is just on the thresholds of the rules."""

import csv
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from trainer.contract.scan import SCANNER, Caption, Item, Media, caption_key, media_key
from trainer.scan.captions import TINY_WAN, TokenCounter

ROWS = 170_180
QUOTED = range(66_000, ROWS)
"""Where captions may stand in quotes: one that is not closed is told as such where none follows in a thousand lines."""
TRAINED, HELD = range(160_000), range(160_000, ROWS)
VIDEOS, IMAGES = range(0, ROWS, 2), range(1, ROWS, 2)

FAULTS = {
    "file_missing": (101, "gone.mp4,x,video"),
    "path_outside": (102, "/etc/passwd,x,"),
    "file_unnamed": (103, ",x,video"),
    "file_empty": (104, "empty.mp4,x,video"),
    "not_a_file": (105, "folder.mp4,x,video"),
    "media_type": (106, "clips/0/000000.mp4,x,image"),
    "cells": (107, "clips/0/000000.mp4,x,video,more"),
    "caption_huge": (28, f"clips/0/000000.mp4,{'x' * 100_001},video"),
    "not_utf8": (109, "clips/0/000000.mp4,caf\udce9,video"),
    "row_unreadable": (110, 'clips/0/000000.mp4,"a "red" bird",video'),
}
"""How many lines, and what stands in each. `file_forbidden` is not here, for who runs tests may be root."""
OPEN_QUOTES = range(2_000, 64_000, 3_000)
OPEN_QUOTE = 'clips/0/000000.mp4,"never closed,video'

USUAL = {
    "width": 1280, "height": 704, "frames": 49, "fps": 24.0, "motion": 1.5, "cut": 0.4, "sharpness": 30.0,
    "brightness": 120.0, "dark": 0.5, "burnt": 0.2, "bars": 0.05, "frames_seen": 8, "scanner": SCANNER,
}  # fmt: skip
OF_A_VIDEO = ("frames", "fps", "motion", "cut")
MEASURED: dict[str, tuple[int, range, dict[str, Any]]] = {
    "unreadable": (
        201,
        range(ROWS),
        {
            "damage": "truncated",
            **dict.fromkeys(USUAL),
            "frames_seen": 0,
            "scanner": SCANNER,
            "fingerprint": "",
            "hash64": "",
        },
    ),
    "too_few_frames": (202, VIDEOS, {"frames": 48}),
    "small": (203, range(ROWS), {"width": 1279}),
    "cropped": (204, range(ROWS), {"width": 1424}),
    "still": (205, VIDEOS, {"motion": 1.49}),
    "cut": (206, VIDEOS, {"cut": 0.41}),
    "blurred": (207, range(ROWS), {"sharpness": 29.9}),
    "dark": (208, range(ROWS), {"dark": 0.51}),
    "burnt": (209, range(ROWS), {"burnt": 0.21}),
    "letterboxed": (210, range(ROWS), {"bars": 0.051}),
    "interlaced": (211, VIDEOS, {"is_interlaced": True}),
    "hdr": (212, VIDEOS, {"colour": "pq bt2020"}),
    "low_frame_rate": (213, VIDEOS, {"fps": 23.4}),
    "anamorphic": (214, VIDEOS, {"pixel_aspect": 1.51}),
    "alpha": (215, range(ROWS), {"has_alpha": True}),
    "": (500, range(ROWS), {"width": 1422, "pixel_aspect": 1.5, "colour": "p3", "is_steady": False}),
}
"""By rule: how many rows, among which, and what is measured of their files. The last are cropped by nearly a tenth."""
CAPTIONS: dict[str, tuple[int, str]] = {
    "caption_empty": (301, ""),
    "caption_repeated": (302, "the very same"),
    "caption_long": (303, "clip {row}" + " word" * 300),
    "not too long": (99, "clip {row}" + " word" * 250),
    "caption_mixed": (304, "clip {row} красная"),
    "caption_misdecoded": (305, "clip {row}: a cafÃ© in the rain"),
    "of one language": (306, "{row} 鳥が空をトブ"),
    "in its encoding": (307, "clip {row}: ein schöner Vogel et une ‘très’ belle"),
    "of a bad line, too": (1, "x"),
}
_USUAL = re.compile(r"clip \d+")


@dataclass
class Table:
    """The table in `base`. All sets are of lines of it."""

    base: Path
    faults: dict[int, str] = field(default_factory=dict)
    listed: dict[int, tuple[str, str]] = field(default_factory=dict)
    """File and caption of each row that can be used."""
    flagged: dict[str, set[int]] = field(default_factory=dict)
    measured: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What differs from the usual in a file, by its name."""

    @property
    def source(self) -> Path:
        return self.base / "metadata.csv"

    def facts(self, items: Iterable[Item]) -> Iterator[Media | Caption]:
        """What a scan would find in these rows. Captions are counted as it counts them; of the usual ones every tenth,
        to save time: what is not counted is not flagged."""
        files = {item.path: item for item in items}
        draw, prefix = Random(7), len(f"{self.base}/")
        hashes = {path: draw.getrandbits(64) for path in files}
        for path, item in files.items():
            found: dict[str, Any] = USUAL | (dict.fromkeys(OF_A_VIDEO) | {"frames": 1} if item.is_image else {})
            found |= self.measured.get(path[prefix:], {})
            like = f"{self.base}/{found.pop('like', path[prefix:])}"
            bits = hashes[like] ^ found.pop("bits", 0)
            found = {"fingerprint": path, "hash64": f"{bits:016x}"} | found
            yield Media(ts=0, key=media_key(path, item.size_bytes, item.changed_ns), **found)
        listed = sorted({caption for _, caption in self.listed.values()})
        captions = [caption for place, caption in enumerate(listed) if place % 10 == 0 or not _USUAL.fullmatch(caption)]
        for caption, counted in zip(captions, TokenCounter(TINY_WAN).count(captions), strict=True):
            tokens, misdecoded, scripts = counted
            yield Caption(ts=0, key=caption_key(caption), tokens=tokens, misdecoded=misdecoded, scripts=scripts)


def write(base: Path) -> Table:
    """The table, and a name of its own for each row's file but for those that share one. What is in it is the name of
    its folder."""
    draw = _Draw()
    raw = dict.fromkeys(OPEN_QUOTES, ("quote_open", OPEN_QUOTE))
    draw.free.difference_update(OPEN_QUOTES)
    for code, (count, text) in FAULTS.items():
        raw |= dict.fromkeys(draw.rows(count, QUOTED), (code, text))
    marks: dict[str, list[int]] = {rule: draw.rows(count, among) for rule, (count, among, _) in MEASURED.items()}
    marks |= {rule: draw.rows(count, range(ROWS)) for rule, (count, _) in CAPTIONS.items()}
    twice, copies = draw.pairs(401, range(ROWS)), draw.pairs(402, VIDEOS[: len(TRAINED) // 2])
    leaks = list(zip(draw.rows(403, HELD), draw.rows(403, TRAINED), strict=True))
    near = draw.pairs(404, VIDEOS) + draw.pairs(405, IMAGES)
    far, other = draw.pairs(406, IMAGES), list(zip(draw.rows(407, VIDEOS), draw.rows(407, IMAGES), strict=True))

    names = [_name(row) for row in range(ROWS)]
    table = Table(base)
    for rule, (_, _, measured) in MEASURED.items():
        table.measured |= {names[row]: measured for row in marks[rule]}
    for later, earlier in copies + leaks:
        table.measured[names[later]] = {"like": names[earlier], "fingerprint": f"{base}/{names[earlier]}"}
    for pairs, bits in ((near, 0b1111 << 30), (far, 0b11111 << 30), (other, 0)):
        table.measured |= {names[later]: {"like": names[earlier], "bits": bits} for later, earlier in pairs}
    names_of_rows = names.copy()
    for later, earlier in twice:
        names_of_rows[later] = names[earlier]
    captions = {row: text.format(row=row) for rule, (_, text) in CAPTIONS.items() for row in marks[rule]}

    _write_files(base, [name for row, name in enumerate(names_of_rows) if row not in raw and name == names[row]])
    lines = _write_table(table, raw, names_of_rows, captions)
    marks |= {
        "duplicate": [later for later, _ in twice + copies + leaks],
        "near_duplicate": [later for later, _ in near],
        "leak": [later for later, _ in leaks],
    }
    table.flagged = {rule: {lines[row] for row in rows} for rule, rows in marks.items()}
    return table


def _name(row: int) -> str:
    folder = "held" if row in HELD else f"clips/{row // 2000}"
    return f"{folder}/{row:06}.{'jpg' if row in IMAGES else 'mp4'}"


def _write_files(base: Path, names: list[str]) -> None:
    (base / "folder.mp4").mkdir(parents=True)
    (base / "empty.mp4").touch()
    firsts = dict[str, str]()
    for name in names:
        folder, path = os.path.dirname(name), f"{base}/{name}"
        if folder in firsts:
            os.link(firsts[folder], path)  # in a tenth of the time of a file of its own
        else:
            firsts[folder] = path
            (base / folder).mkdir(parents=True, exist_ok=True)
            Path(path).write_text(folder)


def _write_table(
    table: Table, raw: dict[int, tuple[str, str]], names: list[str], captions: dict[int, str]
) -> dict[int, int]:
    """Tells the table what is listed in it; the line of each row."""
    lines, line = dict[int, int](), 2
    with open(table.source, "w", newline="", errors="surrogateescape") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("file_path", "caption", "media_type"))
        for row, name in enumerate(names):
            lines[row] = line
            if row in raw:
                table.faults[line], text = raw[row]
                file.write(f"{text}\n")
            else:
                caption = captions.get(row, f'clip {row},\nand "quoted"' if row in QUOTED[::10] else f"clip {row}")
                table.listed[line] = name, caption
                writer.writerow((name, caption, "image" if name.endswith("jpg") else "video"))
                line += caption.count("\n")
            line += 1
    return lines


class _Draw:
    """Draws rows, each once."""

    def __init__(self) -> None:
        self.free = set(range(ROWS))
        self._random = Random(3)

    def rows(self, count: int, among: range) -> list[int]:
        found = self._random.sample([row for row in among if row in self.free], count)
        self.free.difference_update(found)
        return found

    def pairs(self, count: int, among: range) -> list[tuple[int, int]]:
        """(later, earlier)"""
        rows = self.rows(2 * count, among)
        return [(max(pair), min(pair)) for pair in zip(rows[::2], rows[1::2], strict=True)]
