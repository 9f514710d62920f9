"""What is converted of files for training: told by a scan, counted, filtered by, judged by rules, shown of each."""

import errno
import gzip
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import pytest

from services.backend.datasets.item_schemas import Conversion
from services.backend.datasets.manifest import manifest, migration
from services.backend.datasets.quality import flagging
from services.backend.errors import Conflict
from tests.harness.backend import Backend, open_files
from tests.harness.dataset_over_rest import Set
from tests.harness.dataset_sources import flagged, imported, media, take

GOLDEN = Path(__file__).parents[2] / "upgrade" / "golden" / "state" / "datasets" / "1.db.gz"
CONVERTED: dict[Conversion, dict[str, Any]] = {
    "hdr": {"colour": "hlg bt2020"},
    "wide_gamut": {"colour": "p3"},
    "profile": {"colour": "profile"},
    "cmyk": {"colour": "cmyk"},
    "interlaced": {"is_interlaced": True, "fps": 25.0},
    "non_square": {"pixel_aspect": 1.4222, "has_square_pixels": False},
    "variable_rate": {"is_steady": False, "fps": 23.976},
    "alpha": {"has_alpha": True},
    "turned": {"rotation": 90},
    "mirrored": {"is_mirrored": True},
}
RULES = ("interlaced", "hdr", "low_frame_rate", "anamorphic", "alpha")


@pytest.fixture
def clips(backend: Backend, tmp_path: Path) -> Set:
    names = [*(f"{name}.mp4" for name in CONVERTED), "plain.mp4", "earlier.mp4", "damaged.mp4", "photo.jpg"]
    return Set(backend, tmp_path / "clips", [(name, f"this is {name}") for name in names])


def scanned(clips: Set) -> dict[str, Any]:
    return clips.scanned(
        *(media(clips.base / f"{name}.mp4", **fields) for name, fields in CONVERTED.items()),
        media(clips.base / "plain.mp4"),
        media(clips.base / "earlier.mp4", scanner=0),
        media(
            clips.base / "damaged.mp4", damage="empty", width=None, height=None, frames=None, frames_seen=0, fps=None
        ),
    )


def test_counts_filters_and_details_agree(clips: Set) -> None:
    assert CONVERTED.keys() == set(get_args(Conversion))
    before = clips.call("GET", "/summary")
    assert (before["conversions"], before["rates"]) == ({"known": 0, "counts": []}, [])
    assert clips.call("GET", "/items/1")["conversions"] is None
    found = scanned(clips)
    assert found["outdated"] == 1
    summary = clips.call("GET", "/summary")
    assert summary["conversions"]["known"] == len(CONVERTED) + 1
    assert {one["code"]: one["count"] for one in summary["conversions"]["counts"]} == dict.fromkeys(CONVERTED, 1)
    assert summary["rates"] == [
        {"fps": 24.0, "count": len(CONVERTED)},
        {"fps": 23.976, "count": 1},
        {"fps": 25.0, "count": 1},
    ]
    for number, name in enumerate(CONVERTED, 1):
        assert clips.files(conversion=name) == [f"{name}.mp4"]
        assert clips.call("GET", f"/items/{number}")["conversions"] == [name]
    assert clips.files(conversion="hdr", kind="image") == []
    for one in summary["rates"]:
        assert len(clips.files(fps=one["fps"])) == one["count"]
    for number, known in ((11, []), (12, None), (13, None), (14, None)):
        assert clips.call("GET", f"/items/{number}")["conversions"] == known
    detail = clips.call("GET", "/items/6")
    shown = ("colour", "pixel_aspect", "is_interlaced", "is_steady", "has_alpha", "is_mirrored")
    assert [detail[name] for name in shown] == ["", 1.4222, False, True, False, False]
    assert [clips.call("GET", "/items/12")[name] for name in shown] == [None] * 6


def test_a_filter_selects_for_decisions(clips: Set) -> None:
    scanned(clips)
    changed = clips.call("POST", "/quarantine", filter={"conversion": "interlaced"}, reason="fields", on=True)
    assert changed["changed"] == 1
    assert clips.files(state="quarantined") == ["interlaced.mp4"]
    assert clips.call("POST", "/captions/trigger", word="sks", filter={"fps": 25})["changed"] == 1
    clips.scanned(media(clips.base / "interlaced.mp4"))
    assert clips.files(conversion="interlaced") == []
    answer = clips.backend.http.get(f"/api/datasets/{clips.id}/items", params={"conversion": "sepia"})
    assert answer.status_code == 422
    for wrong in (0, -24, "inf", "nan", "many"):
        answer = clips.backend.http.get(f"/api/datasets/{clips.id}/items", params={"fps": wrong})
        assert (answer.status_code, answer.json()["field"]) == (422, "fps"), wrong


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({}, set()),
        ({"is_interlaced": True}, {"interlaced"}),
        ({"colour": "pq bt2020"}, {"hdr"}),
        ({"colour": "linear"}, {"hdr"}),
        ({"colour": "bt2020"}, set()),
        ({"has_alpha": True}, {"alpha"}),
        ({"fps": 15.0}, {"low_frame_rate"}),
        ({"fps": 23.4}, {"low_frame_rate"}),
        ({"fps": 23.976}, set()),
        ({"fps": None}, set()),
        ({"pixel_aspect": 1.4587}, set()),
        ({"pixel_aspect": 2.0}, {"anamorphic"}),
        ({"pixel_aspect": 0.5}, {"anamorphic"}),
        ({"scanner": 0, "is_interlaced": True, "has_alpha": True, "pixel_aspect": 2.0, "colour": "hlg"}, set()),
    ],
    ids=str,
)
def test_rules_judge_where_quality_suffers(tmp_path: Path, fields: dict[str, Any], rules: set[str]) -> None:
    path = imported(tmp_path / "set", [("a.mp4", "x"), ("b.jpg", "y")])
    take(path, media(tmp_path / "set" / "a.mp4", **fields), media(tmp_path / "set" / "b.jpg", fps=None, frames=1))
    assert {rule for rule in RULES if flagged(path, rule)} == rules
    assert all(flagged(path, rule) == {"a.mp4"} for rule in rules)


def test_thresholds_are_set_as_those_of_other_rules(clips: Set) -> None:
    scanned(clips)
    assert clips.files(rule="low_frame_rate") == []
    assert clips.files(rule="anamorphic") == []
    changes = {"low_frame_rate": {"threshold": 25}, "anamorphic": {"threshold": 1.4}}
    clips.call("PUT", "/rules", rules=changes)
    assert len(clips.files(rule="low_frame_rate")) == len(CONVERTED) + 1
    assert clips.files(rule="anamorphic") == ["non_square.mp4"]
    assert clips.call("PUT", "/rules", 422, rules={"anamorphic": {"threshold": 0.5}})["code"] == "threshold"
    assert clips.call("PUT", "/rules", 422, rules={"hdr": {"threshold": 1}})["code"] == "no_threshold"
    assert clips.call("GET", "")["quarantined"] == 0, "a rule warns"


def old_manifest(folder: Path) -> Path:
    """The manifest that version 0.1 left."""
    path = folder / "1.db"
    path.write_bytes(gzip.decompress(GOLDEN.read_bytes()))
    return path


def test_a_manifest_of_version_0_1_opens_and_knows_nothing_false(tmp_path: Path) -> None:
    path = old_manifest(tmp_path)
    with closing(sqlite3.connect(path)) as sql:
        rows = sql.execute("SELECT * FROM media ORDER BY key").fetchall()
        flags = sql.execute("SELECT flags FROM item ORDER BY id").fetchall()
        assert migration.version_of(sql) == 1
    with manifest.opened(path) as found, found.read() as sql:
        assert [tuple(row)[: len(rows[0])] for row in sql.execute("SELECT * FROM media ORDER BY key")] == rows
        assert [tuple(row) for row in sql.execute("SELECT flags FROM item ORDER BY id")] == flags
        facts = sql.execute("SELECT scanner, colour, is_steady, is_interlaced FROM media").fetchall()
        assert {tuple(row) for row in facts} == {(0, None, None, None)}
        assert migration.version_of(sql) == migration.VERSION
        columns = {row["name"] for row in sql.execute("PRAGMA table_info(media)")}
    made = manifest.Manifest.new(tmp_path / "new.db")
    assert columns == {row["name"] for row in made.sql.execute("PRAGMA table_info(media)")}
    made.close()
    (copy,) = migration.copies(path)
    assert copy.name == "1.db.before-1"
    with closing(sqlite3.connect(copy)) as sql:
        assert sql.execute("SELECT * FROM media ORDER BY key").fetchall() == rows
    with manifest.opened(path):
        pass
    assert migration.copies(path) == [copy]
    manifest.remove(path)
    assert sorted(tmp_path.iterdir()) == [tmp_path / "new.db"]


def _full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_an_upgrade_that_fails_leaves_the_manifest_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = old_manifest(tmp_path)
    steps = (*migration._STEPS[1][:3], "ALTER TABLE nothing ADD COLUMN more")
    before = open_files()
    with monkeypatch.context() as patch:
        patch.setitem(migration._STEPS, 1, steps)
        with pytest.raises(sqlite3.OperationalError, match="nothing"), manifest.opened(path):
            pass
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", _full)
        with pytest.raises(OSError, match="No space"), manifest.opened(path):
            pass
    assert open_files() == before
    assert sorted(path.parent.iterdir()) == [path, *migration.copies(path)]
    with closing(sqlite3.connect(path)) as sql:
        assert migration.version_of(sql) == 1
        assert "scanner" not in [row[1] for row in sql.execute("PRAGMA table_info(media)")]
    with manifest.opened(path) as found, found.write() as sql:
        flagging.update_flags(sql)
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(Conflict, match=r"1\.db"), manifest.opened(path):
        pass
