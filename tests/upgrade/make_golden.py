"""Makes `golden/`: run folders, a database and a data set as version 0.1 left them. golden/README.md says more.

It works in /srv/loradeck, so that the paths in what it makes are nobody's.
"""

import gzip
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.upgrade.answers import answers, of_dataset
from tests.upgrade.code import Code, extract_old_code
from tests.upgrade.installation import Installation
from tests.upgrade.material import SETTINGS, make_clips

PLACE = Path("/srv/loradeck")
GOLDEN = Path(__file__).with_name("golden")
DATABASES = ("state/loradeck.db", "state/datasets/1.db")
SMALL: dict[str, Any] = {
    **SETTINGS,
    "name": "golden",
    "max_steps": 12,
    "lora_rank": 1,
    "lora_target_modules": "q",
    "save_steps": 1000,
    "eval_steps": 4,
    "eval_samples": 1,
    "sample_steps": 12,
}


def main() -> int:
    if PLACE.exists():
        print(f"{PLACE} is there already; this makes and removes it.", file=sys.stderr)
        return 2
    PLACE.mkdir(parents=True)
    try:
        old = extract_old_code(PLACE / "code")
        clips = make_clips(PLACE / "clips", clips=3)
        with open(clips / "metadata.csv", "a") as table:
            table.write("missing.mp4,a clip that is not there\r\n")
        live_through(old, clips)
        keep(PLACE, GOLDEN)
        with tempfile.TemporaryDirectory() as elsewhere:
            said = asked(old, Path(elsewhere))
        lines = [f"{json.dumps(path)}: {json.dumps(answer)}" for path, answer in said.items()]
        (GOLDEN / "answers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    finally:
        shutil.rmtree(PLACE)
    return 0


def live_through(old: Code, clips: Path) -> None:
    """Scan a data set, train a run in two attempts, and leave another one queued."""
    deck = Installation(PLACE)
    try:
        backend, agent = deck.start_backend(old), deck.start_agent(old)
        dataset = deck.post("/api/datasets", {"name": "Squares", "base_path": str(clips)})["id"]
        deck.post(f"/api/datasets/{dataset}/scan", {"model": "tiny-wan"})
        deck.until_scanned(dataset)
        config = {**SMALL, "dataset_base_path": str(clips)}
        run_id = deck.post("/api/runs", {"config": config})["id"]
        deck.until_step(run_id, 2)
        deck.post(f"/api/runs/{run_id}/stop")
        deck.until_state(run_id, "stopped")
        deck.post(f"/api/runs/{run_id}/resume")
        deck.until_state(run_id, "succeeded")
        deck.end(agent)
        first = deck.get(f"/api/datasets/{dataset}/items")["items"][0]["id"]
        deck.post(f"/api/datasets/{dataset}/quarantine", {"items": [first], "reason": "too dark", "on": True})
        deck.post(f"/api/datasets/{dataset}/captions/trigger", {"word": "sks"})
        deck.post("/api/runs", {"config": {**config, "name": "waiting"}, "dataset_id": dataset})
        deck.end(backend)
    finally:
        deck.close()


def keep(place: Path, golden: Path) -> None:
    """Keep what a backup of an installation would hold."""
    for name in ("logs", "state"):
        shutil.rmtree(golden / name, ignore_errors=True)
    shutil.copytree(place / "logs", golden / "logs", ignore=shutil.ignore_patterns(".*"))
    for database in DATABASES:
        packed = golden / f"{database}.gz"
        packed.parent.mkdir(parents=True, exist_ok=True)
        packed.write_bytes(gzip.compress((place / database).read_bytes(), mtime=0))


def bring_back(golden: Path, place: Path) -> None:
    """Copy the golden files into a new installation in the folder `place`."""
    shutil.copytree(golden / "logs", place / "logs", dirs_exist_ok=True)
    for database in DATABASES:
        (place / database).parent.mkdir(parents=True, exist_ok=True)
        (place / database).write_bytes(gzip.decompress((golden / f"{database}.gz").read_bytes()))


def asked(code: Code, folder: Path) -> dict[str, Any]:
    """What a backend of `code` says of the golden files, brought back into `folder`."""
    bring_back(GOLDEN, folder)
    deck = Installation(folder)
    try:
        deck.start_backend(code)
        return {**answers(deck.get), **of_dataset(deck.get, 1)}
    finally:
        deck.close()


if __name__ == "__main__":
    sys.exit(main())
