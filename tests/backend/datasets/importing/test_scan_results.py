import json
from pathlib import Path
from typing import Any

import msgspec

from services.backend.datasets.importing import scan_results
from services.backend.datasets.manifest.manifest import get, opened, put
from services.backend.datasets.quality import flagging
from tests.harness.dataset_sources import flagged, imported, media, words
from trainer.contract.scan import Tokenizer
from trainer.contract.tasks import Facts, TaskDir


def test_facts_are_read_once_over_any_number_of_starts(tmp_path: Path) -> None:
    """What is no fact of a scan's is passed over, a torn line waits for its rest."""
    path = imported(tmp_path / "set", [(f"{number}.mp4", f"caption {number}") for number in range(4)])
    base, folder = tmp_path / "set", TaskDir(tmp_path / "scan-1")
    folder.path.mkdir()
    with opened(path) as manifest, manifest.write() as sql:
        put(sql, scan={"task_id": "scan-1", "offset": 0, "going": True})

    def read(is_over: bool = False) -> dict[str, Any]:
        with opened(path) as manifest:
            scan_results.read_on(manifest, folder, is_over)
            found: dict[str, Any] = get(manifest.sql, "scan", {})
            return found

    assert read()["offset"] == 0
    facts = Facts(folder)
    facts.write(media(base / "0.mp4", frames=1), words("caption 0", tokens=600), {"type": "of somebody's"}, {"x": 1})
    facts.write({"type": "media", "ts": 1, "key": "no key"}, {"type": "media", "ts": 1, "key": "0" * 16, "hash64": "x"})
    facts.close()
    first = read()
    assert flagged(path, "too_few_frames") == flagged(path, "caption_long") == {"0.mp4"}
    line = msgspec.json.encode(media(base / "1.mp4", frames=1, hash64="0" * 16)) + b"\n"
    with open(folder.facts, "ab", buffering=0) as file:
        file.write(line[:20])
        assert read() == first
        file.write(line[20:])
        assert read()["offset"] == first["offset"] + len(line)
        file.write(msgspec.json.encode(media(base / "2.mp4", frames=200, hash64="0" * 15 + "1")) + b"\n")
    assert flagged(path, "too_few_frames") == {"0.mp4", "1.mp4"}
    assert read()["going"]
    assert flagged(path, "near_duplicate") == set()
    assert not read(is_over=True)["going"]
    assert flagged(path, "near_duplicate") == {"2.mp4"}


def test_another_scans_facts_are_not_read(tmp_path: Path) -> None:
    path = imported(tmp_path / "set", [("a.mp4", "x")])
    folder = TaskDir(tmp_path / "scan-2")
    folder.path.mkdir()
    folder.facts.write_text(json.dumps({"type": "media"}) + "\n")
    with opened(path) as manifest:
        scan_results.read_on(manifest, folder, True)
        assert get(manifest.sql, "scan", None) is None


def test_tokens_of_another_tokenizer_flag_nothing(tmp_path: Path) -> None:
    path = imported(tmp_path / "set", [("a.mp4", "x"), ("b.mp4", "y")])
    with opened(path) as manifest:

        def take(*facts: scan_results.Fact) -> None:
            with manifest.write() as sql:
                scan_results.store_facts(sql, "scan-1", facts)

        take(Tokenizer(ts=0, model="wan2.2-ti2v-5b", folder="/tiny", is_own=False, message="It is not here."))
        take(words("x", tokens=600), words("y", tokens=300))
        assert flagged(path, "caption_long") == set()
        with manifest.write() as sql:
            flagging.update_flags(sql)
        assert flagged(path, "caption_long") == set()
        own = Tokenizer(ts=0, model="wan2.2-ti2v-5b", folder="/own")
        take(own)
        assert manifest.sql.execute("SELECT COUNT(*) FROM words").fetchone()[0] == 0, "they were another's counts"
        take(words("x", tokens=500), words("y", tokens=513))
        assert flagged(path, "caption_long") == {"b.mp4"}
        take(own)
        assert flagged(path, "caption_long") == {"b.mp4"}
        take(Tokenizer(ts=0, model="wan2.2-ti2v-5b", folder="/tiny", is_own=False))
        assert flagged(path, "caption_long") == set()
