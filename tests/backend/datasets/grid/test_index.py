import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.backend.datasets.decisions import actions
from services.backend.datasets.grid import text_index
from services.backend.datasets.grid.index import GridIndex
from services.backend.datasets.grid.index_cache import IndexCache
from services.backend.datasets.importing import importer, scan_results
from services.backend.datasets.item_schemas import ItemQuery
from services.backend.datasets.manifest.manifest import Manifest, opened
from services.backend.datasets.quality import flagging
from tests.harness.dataset_sources import imported, media, take, write_source
from tests.harness.grid_by_sql import by_sql, filters, orders

ODD = [
    "A red Bird over 100% of the water",
    "a_b",
    "a%b",
    "back\\slash \\% \\_",
    "Ärger mit ÄPFELN",
    "ärger mit äpfeln",
    "鳥が飛ぶ",
    "ﬁ ſ K \u0130 \u0131",
    "line one\nline two\r\n\ttabbed",
    "🦊 fox\u200d🦊",
    "e\u0301 decomposed",
    "[a-z]+ (.*) ^$ {2} | ? \\Q\\E \\d",
    "\ufffd \ufffe \uffff \ue000",
    "",
    " ",
    "jpg",
]
TEXTS = [
    *("bird", "BIRD", "r", "%", "_", "\\", "\\%", "a_b", "A%B", "Ä", "ä", "ÄPFEL", "äpfel", "鳥", "が飛", "k", "K"),
    *("s", "ſ", "i", "İ", "ﬁ", "fi", "\n", "\r\n", "\t", "🦊", "\u200d", "e\u0301", "é", " ", "  ", "\0", "a\0"),
    *("[a-z]+", "(.*)", "^", "$", ".", "|", "{2}", "\\Q", "\\E", "\\d", "\ufffd", "\ufffe", "\uffff", "\ue000"),
    *("JPG", ".MP4", "clips/", "jpgclips", "x" * 200),
]  # fmt: skip
LETTERS = st.sampled_from("aAbBzZ %_\\äÄßſK鳥🦊\n\t.*+?()[]{}|^$-/\u0301\ufffd\ufffe\uffff\u0130")


@pytest.fixture
def manifest(tmp_path: Path) -> Iterator[Manifest]:
    """Rows with odd captions and names, and odd facts; some are the same, some not known."""
    draw, base = random.Random(3), tmp_path / "set"
    names = [f"clips/{draw.choice('aÄZz_é鳥')}{number // 2:03}{draw.choice(['.mp4', '.jpg'])}" for number in range(60)]
    rows = [(name, ODD[number % len(ODD)]) for number, name in enumerate(names)]
    path = imported(base, rows + rows[:7])
    facts = [
        media(
            base / name,
            width=draw.choice([None, 640, 1280]),
            height=draw.choice([None, 480, 720]),
            frames=draw.choice([None, 1, 30, 90]),
            duration_s=draw.choice([None, 0.0, 2.5, 1e12]),
            motion=draw.choice([None, 0.0, -0.0, 3.5]),
            sharpness=draw.choice([None, 1.0, 1.0 + 2**-50, 700.0]),
            brightness=draw.random(),
        )
        for name in names[:50]
    ]
    take(path, *facts)
    with opened(path) as found:
        yield found


def wrong(index: GridIndex, manifest: Manifest, *queries: ItemQuery) -> list[ItemQuery]:
    """The queries for which the index selects other rows, or in another order, than SQLite."""
    with manifest.read() as sql:
        return [query for query in queries if (index.select(sql, query) + 1).tolist() != by_sql(sql, query)]


def test_all_orders_and_filters_are_those_of_sql(manifest: Manifest) -> None:
    index = GridIndex.read(manifest.sql)
    assert wrong(index, manifest, *orders(), *filters(*TEXTS)) == []
    assert len(index.select(manifest.sql, ItemQuery(q="BIRD"))) > 3
    assert index.select(manifest.sql, ItemQuery(q="jpgclips")).tolist() == [], "not over a caption's end"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(st.tuples(st.integers(1, 67), st.text(LETTERS, max_size=12)), min_size=1, max_size=5),
    finds=st.lists(st.text(LETTERS, min_size=1, max_size=3), min_size=1, max_size=5),
)
def test_any_text_is_found_in_any_caption_after_edits(
    manifest: Manifest, edits: list[tuple[int, str]], finds: list[str]
) -> None:
    before = GridIndex.read(manifest.sql)
    pieces = [caption[1:4].swapcase() for _, caption in edits if len(caption) > 1]
    queries = [ItemQuery(q=text, sort="caption") for text in finds + pieces]
    assert wrong(before, manifest, *queries) == []
    with manifest.write() as sql:
        actions.act(sql, "Edit", "caption", edits)
    assert wrong(before.updated(manifest.sql), manifest, *reversed(queries)) == []


def test_a_caption_of_ten_million_letters(manifest: Manifest) -> None:
    index = GridIndex.read(manifest.sql)
    with manifest.write() as sql:
        sql.execute("UPDATE item SET caption = ? WHERE id = 5", ("a" * 5_000_000 + "Needle" + "ä" * 5_000_000,))
    index = index.updated(manifest.sql)
    assert (index.select(manifest.sql, ItemQuery(q="aneedleä")) + 1).tolist() == [5]
    assert wrong(index, manifest, *(ItemQuery(q=text, sort="caption") for text in ("NEEDLE", "aaaa", "Ä", "ää"))) == []


def test_an_old_index_does_not_change(manifest: Manifest) -> None:
    """What others still read of it must not change under their hands."""
    index = GridIndex.read(manifest.sql)
    queries = [*orders(), *filters("bird", "hen")]
    before = [index.select(manifest.sql, query).tolist() for query in queries]
    with manifest.write() as sql:
        actions.act(sql, "Edit", "caption", [(1, "a hen"), (9, "")])
        actions.act(sql, "Quarantine", "reason", [(3, "bad")])
        scan_results.store_facts(
            sql, "scan-2", [media(Path(path), frames=7) for (path,) in sql.execute("SELECT path FROM item")]
        )
    assert wrong(index.updated(manifest.sql), manifest, *queries) == []
    assert [index.select(manifest.sql, query).tolist() for query in queries] == before


def test_only_changed_columns_are_read_again(manifest: Manifest) -> None:
    index = GridIndex.read(manifest.sql)
    index.select(manifest.sql, ItemQuery(sort="size"))
    with manifest.write() as sql:
        actions.act(sql, "Edit", "caption", [(1, "a hen")])
    after = index.updated(manifest.sql)
    assert after.numbers["size"] is index.numbers["size"]
    assert after.numbers["caption"] is not index.numbers["caption"]
    assert after.orders == index.orders
    assert after.updated(manifest.sql) is after


@pytest.mark.parametrize("rows", [0, 3, 10_000])
def test_every_change_is_followed(
    manifest: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    """Whether its rows are noted one by one or as all."""
    monkeypatch.setattr("services.backend.datasets.manifest.change_log.MAX_ROWS", rows)
    monkeypatch.setattr(text_index, "_CHUNK_ROWS", 8)
    base, draw, index = tmp_path / "set", random.Random(rows), GridIndex.read(manifest.sql)
    files = [file for (file,) in manifest.sql.execute("SELECT file FROM item")]

    def change() -> None:
        match draw.randrange(7):
            case 0:
                actions.act(sql, "Edit", "caption", [(draw.randrange(1, 68), draw.choice(ODD))])
            case 1:
                captions = sql.execute("SELECT id, caption || '!' FROM item WHERE id % 3 = 0").fetchall()
                actions.act(sql, "Replace", "caption", [tuple(row) for row in captions])
            case 2:
                reason = draw.choice([None, "bad"])
                actions.act(sql, "Quarantine", "reason", [(draw.randrange(1, 68), reason) for _ in range(4)])
            case 3:
                sides = ["train", "validation"]
                actions.act(sql, "Split", "split", [(item, draw.choice(sides)) for item in range(1, 68)])
            case 4:
                fields = {
                    "frames": draw.randrange(99),
                    "is_interlaced": draw.random() < 0.5,
                    "fps": draw.choice([24.0, 25.0]),
                }
                facts = [media(base / file, **fields) for file in draw.sample(files, 3)]
                scan_results.store_facts(sql, "scan-2", facts)
            case 5:
                flagging.update_flags(sql)
            case _:
                pass

    for _ in range(40):
        for _ in range(draw.randrange(3)):
            with manifest.write() as sql:
                change()
        index = index.updated(manifest.sql)
        assert wrong(index, manifest, *draw.sample([*orders(), *filters("bird", "!", "Ä")], 12)) == []


def test_an_import_is_followed(manifest: Manifest, tmp_path: Path) -> None:
    index, base = GridIndex.read(manifest.sql), tmp_path / "set"
    for rows in ([("z.mp4", "a hen"), ("b.jpg", "Ä"), ("a.mp4", "")], [("z.mp4", "a hen")] * 5):
        importer.import_source(manifest.path, write_source(base, rows), base, [base])
        index = index.updated(manifest.sql)
        assert wrong(index, manifest, *orders(), *filters("hen", "ä", "z")) == []


def test_a_search_is_kept_over_changes_and_few_are(manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_index, "_CHUNK_ROWS", 8)
    index = GridIndex.read(manifest.sql)
    for text in ("a", "b", "c", "BIRD", "e", "b", "f"):
        index.select(manifest.sql, ItemQuery(q=text))
    assert index.texts is not None
    assert list(index.texts.found) == ["bird", "e", "b", "f"]
    with manifest.write() as sql:
        actions.act(sql, "Edit", "caption", [(1, "no more"), (20, "a new bird"), (67, "a bird")])
    index = index.updated(manifest.sql)
    assert index.texts is not None
    assert list(index.texts.found) == ["bird", "e", "b", "f"]
    assert wrong(index, manifest, *filters("bird", "e", "b", "f")) == []


def test_texts_that_are_too_many_are_searched_by_sqlite(manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_index, "MAX_BYTES", 1000)
    index = GridIndex.read(manifest.sql)
    assert index.texts is None
    with manifest.write() as sql:
        actions.act(sql, "Edit", "caption", [(1, "a hen")])
    index = index.updated(manifest.sql)
    assert index.texts is None
    assert wrong(index, manifest, *orders(), *filters("hen", "bird", "Ä")) == []


def test_an_empty_one(tmp_path: Path) -> None:
    made = Manifest.new(tmp_path / "1.db")
    assert wrong(GridIndex.read(made.sql), made, *orders(), *filters("a")) == []
    made.close()


def test_the_cache_is_bounded_and_keeps_the_index_used_last(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = IndexCache()
    first = cache.get(1, manifest.sql)
    assert cache.get(1, manifest.sql) is first
    monkeypatch.setattr("services.backend.datasets.grid.index_cache.MAX_BYTES", 2 * first.nbytes)
    cache.get(2, manifest.sql)
    cache.get(1, manifest.sql)
    cache.get(3, manifest.sql)
    assert [number in cache for number in (1, 2, 3)] == [True, False, True]
    monkeypatch.setattr("services.backend.datasets.grid.index_cache.MAX_BYTES", 1)
    cache.get(2, manifest.sql)
    assert [number in cache for number in (1, 2, 3)] == [False, True, False]
    cache.drop(2)
    assert 2 not in cache


def test_each_transaction_gets_the_index_of_its_own_state(manifest: Manifest) -> None:
    cache, mistaken, is_over = IndexCache(), list[ItemQuery](), threading.Event()
    queries = [ItemQuery(q="7"), ItemQuery(sort="caption"), ItemQuery(state="quarantined"), ItemQuery(sort="frames")]

    def read() -> None:
        with opened(manifest.path) as mine:
            while not is_over.is_set():
                with mine.read() as sql:
                    index = cache.get(1, sql)
                    for query in queries:
                        if (index.select(sql, query) + 1).tolist() != by_sql(sql, query):
                            mistaken.append(query)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(100):
        with manifest.write() as sql:
            actions.act(sql, "Edit", "caption", [(1 + number % 67, "x" * (number % 9) + str(number))])
            actions.act(sql, "Quarantine", "reason", [(1 + number * 5 % 67, "bad" if number % 3 else None)])
    is_over.set()
    for thread in threads:
        thread.join()
    assert mistaken == []
