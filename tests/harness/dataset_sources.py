"""What the tests of data sets share: sources with their files, manifests of them, and facts as a scan writes them."""

import csv
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from services.backend.datasets.importing import importer, scan_results
from services.backend.datasets.manifest.manifest import opened
from services.backend.datasets.quality.rulebook import BY_ID
from trainer.contract.scan import SCANNER, Caption, Media, caption_key, media_key


def write_source(folder: Path, rows: Iterable[tuple[str, str]], name: str = "metadata.csv") -> Path:
    """A table of (file, caption), with a few bytes for each file that is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = list(rows)
    for file, _ in rows:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(file.encode())
    with open(folder / name, "w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(("file_path", "caption"))
        writer.writerows(rows)
    return folder / name


def imported(folder: Path, rows: Iterable[tuple[str, str]]) -> Path:
    """A manifest of these rows, beside the folder."""
    path = folder.with_suffix(".db")
    importer.import_source(path, write_source(folder, rows), folder, [folder])
    return path


def media(file: Path, **fields: Any) -> Media:
    status = file.stat()
    known: dict[str, Any] = {
        "width": 1280,
        "height": 720,
        "frames": 100,
        "fps": 24.0,
        "duration_s": 4.0,
        "motion": 5.0,
        "cut": 0.1,
        "sharpness": 200.0,
        "brightness": 120.0,
        "dark": 0.1,
        "burnt": 0.1,
        "bars": 0.0,
        "frames_seen": 8,
        "scanner": SCANNER,
        "fingerprint": str(file),
    }
    key = media_key(str(file), status.st_size, status.st_mtime_ns)
    return Media(ts=time.time(), key=key, **{**known, **fields})


def words(caption: str, **fields: Any) -> Caption:
    return Caption(ts=time.time(), key=caption_key(caption), **{"tokens": 20, "scripts": {"Latin": 20}, **fields})


def take(path: Path, *facts: scan_results.Fact) -> None:
    """Take facts in, as they come while a scan goes on."""
    with opened(path) as manifest, manifest.write() as sql:
        scan_results.store_facts(sql, "scan-1", facts)


def flagged(path: Path, rule: str) -> set[str]:
    """The files that a rule flags."""
    with opened(path) as manifest:
        found = manifest.sql.execute("SELECT file FROM item WHERE flags & ? <> 0", (BY_ID[rule].bit,))
        return {file for (file,) in found}
