"""The grid over REST, held against what SQLite alone answers after every kind of change."""

import random
from pathlib import Path
from typing import Any

from services.backend.datasets.item_schemas import ItemQuery
from services.backend.datasets.manifest.manifest import opened
from tests.harness.backend import served
from tests.harness.dataset_over_rest import Set
from tests.harness.dataset_sources import media, words, write_source
from tests.harness.grid_by_sql import by_sql, filters, orders
from tests.harness.waiting import until

ASKED = [*orders(), *filters("this", "SKS", "birds/", "%", "ä", "\ufffd")]


def check(clips: Set, *asked: ItemQuery) -> None:
    path = clips.backend.runtime.datasets.path(clips.id)
    with opened(path) as manifest:
        for query in asked:
            fields = query.model_dump(exclude_defaults=True)
            assert [item["id"] for item in clips.items(**fields)] == by_sql(manifest.sql, query), query


def test_the_grid_follows_every_change(clips: Set) -> None:
    """Each is asked between any two changes, so that what is remembered is of the one before."""
    draw = random.Random(7)
    names = [f"birds/{number}.mp4" for number in range(4)]
    facts = [media(clips.base / name, frames=frames) for name, frames in zip(names, (90, 30, 60, 49), strict=True)]
    facts += [media(clips.base / "0.jpg", has_alpha=True), media(clips.base / names[3], is_interlaced=True, fps=25.0)]
    clips.call("POST", "/captions/trigger", word="sks")
    check(clips, *ASKED)
    clips.scanned(*facts, words("sks, this is 1.jpg", tokens=600))
    check(clips, *ASKED)
    acts: list[tuple[str, str, dict[str, Any]]] = [
        ("PATCH", "/items/2", {"caption": "ÄRGER 100%"}),
        ("PATCH", "/items/3", {"caption": ""}),
        ("POST", "/quarantine", {"items": [1, 3], "reason": "bad", "on": True}),
        ("POST", "/quarantine", {"filter": {"q": "ä"}, "on": True}),
        ("POST", "/captions/replace", {"find": "THIS", "replace": "that"}),
        ("POST", "/captions/replace", {"find": "\\.jpg$", "replace": "", "regex": True}),
        ("PUT", "/rules", {"rules": {"too_few_frames": {"threshold": 70}}}),
        ("PUT", "/rules", {"rules": {"caption_long": {"enabled": False}}}),
        ("POST", "/split", {"by": "group", "prefixes": ["birds/"]}),
        ("POST", "/quarantine/import", {"csv": "file,reason\n1.jpg,by list\n"}),
        ("POST", "/split", {"by": "none"}),
    ]
    for method, path, body in acts:
        clips.call(method, path, **body)
        check(clips, *ASKED)
    for way in ("undo",) * 6 + ("redo",) * 4 + ("undo",) * 2:
        clips.call("POST", f"/{way}")
        check(clips, *draw.sample(ASKED, 12))
    clips.scanned(media(clips.base / names[1], frames=200), media(clips.base / names[0], frames=1))
    check(clips, *ASKED)
    write_source(clips.base, [("new.mp4", "this is new"), ("birds/3.mp4", "ä"), *((name, "x") for name in names)])
    clips.call("POST", "/import", 202)
    until(lambda: clips.call("GET", "")["state"] == "ready", "the import")
    check(clips, *ASKED)


def test_what_another_process_writes_is_seen(clips: Set) -> None:
    clips.items(q="hen")
    with opened(clips.backend.runtime.datasets.path(clips.id)) as manifest, manifest.write() as sql:
        sql.execute("UPDATE item SET caption = 'a hen' WHERE id = 3")
    assert [item["id"] for item in clips.items(q="HEN")] == [3]


def test_the_index_is_read_before_anybody_asks(tmp_path: Path) -> None:
    with served(tmp_path) as backend:
        clips = Set(backend, tmp_path / "clips", [("a.mp4", "a fox")])
        assert clips.id in backend.runtime.datasets.indexes, "from the import on"
    with served(tmp_path) as backend:
        until(lambda: clips.id in backend.runtime.datasets.indexes, "the index")
        clips.backend = backend
        clips.call("DELETE", "", 204)
        assert clips.id not in backend.runtime.datasets.indexes
