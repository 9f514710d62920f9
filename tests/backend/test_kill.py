"""SIGKILL around sealing: wherever it falls, after a restart every point is there once and every cell is right."""

import math
import multiprocessing
import random
import shutil
import signal
import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from services.backend.curves import read_metrics
from services.backend.db import Database, raw
from services.backend.folders import Folders
from services.backend.grids import Window
from services.backend.reader import StreamReader
from services.backend.segments import EVAL, STEP, SYSTEM
from tests.backend import victim
from tests.backend.support import LogFile, read_on
from tests.backend.victim import RUN, AtStatement, InStatement, InWrite, Kill
from trainer.contract import events

LAST = 300
ODD = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
SINGLE, BLOCK = 200, 4000
"""Bytes: some line or other, and what is read in bulk."""

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload([victim.__name__])
numbers = count(1)


class Point(NamedTuple):
    step: int
    values: dict[str, float]


@dataclass(repr=False)
class Story:
    """A log, and what it says: the points by kind and `seq`."""

    source: bytes
    points: dict[int, dict[int, Point]]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    log = LogFile(tmp_path_factory.mktemp("source") / RUN).header()
    points: dict[int, dict[int, Point]] = defaultdict(dict)
    noise = random.Random(1)
    step = 0

    def put(kind: int, written: type[Any], values: dict[str, Any], **fields: Any) -> None:
        odd = {name: value for name, value in values.items() if isinstance(value, str)}
        points[kind][log.seq] = Point(step, {name: ODD.get(value, value) for name, value in values.items()})
        finite = {name: value for name, value in values.items() if name not in odd}
        log.write(written, values=finite, **({"nonfinite": odd} if odd else {}), **fields)

    while step < LAST:
        step += noise.choice([1, 1, 1, 1, 3])
        values: dict[str, Any] = {"train/loss": noise.choice([noise.random(), noise.random(), noise.random(), "nan"])}
        if step % 3 == 0:
            values["train/lr"] = 1e-4 * step
        put(STEP, events.Step, values, step=step, epoch=0)
        if step % 4 == 0:
            put(EVAL, events.Eval, {"eval/loss": noise.random()}, step=step, epoch=0)
        if step % 7 == 0:
            put(SYSTEM, events.System, {"system/gpu": noise.random()})
        if step % 50 == 0:
            log.write(events.Checkpoint, step=step, path=f"checkpoints/step-{step}")
    return Story(log.path.read_bytes(), dict(points))


class Scene:
    """A story that is read by one process after the other."""

    def __init__(self, folder: Path, story: Story) -> None:
        self.folder, self.story = folder, story
        self.log = folder / "logs" / RUN / "1.jsonl"
        self.log.parent.mkdir(parents=True)
        self.log.touch()
        (folder / "source").write_bytes(story.source)

    def live(self, pieces: list[int], kill: Kill | None, within_s: float | None = None) -> int:
        """The exit code of a process that reads, and is killed after `within_s` seconds at the latest."""
        child = processes.Process(target=victim.live, args=(self.folder, pieces, kill))
        child.start()
        child.join(within_s)
        child.kill()
        child.join()
        code = child.exitcode
        child.close()
        assert code in (0, -signal.SIGKILL, -signal.SIGXFSZ)
        return code

    def finish(self) -> None:
        """Read the rest and look at everything."""
        self.log.write_bytes(self.story.source)
        with closing(Database(self.folder / "loradeck.db")) as db:
            read_on(db, Folders(self.folder / "logs"), RUN)
            self._check(db)
        with closing(sqlite3.connect(self.folder / "loradeck.db")) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        shutil.rmtree(self.folder)

    def _check(self, db: Database) -> None:
        names = sorted({name for points in self.story.points.values() for p in points.values() for name in p.values})
        with db.read() as session:
            sql = raw(session)
            (log_pk,) = sql.execute("SELECT pk FROM log").fetchone()
            for kind, points in self.story.points.items():
                assert stored(StreamReader(sql, log_pk, kind), names) == sorted(
                    (seq, point.step, *(repr(point.values.get(name)) for name in names))
                    for seq, point in points.items()
                )
            counted = "SELECT kind, count(*) FROM point GROUP BY kind"
            rows = {kind: n for kind, n in sql.execute("SELECT kind, rows FROM stream").fetchall() if n}
            assert rows == dict(sql.execute(counted).fetchall())
            counted = "SELECT kind, count(*) FROM segment GROUP BY kind"
            assert sql.execute("SELECT kind, segments FROM stream").fetchall() == sql.execute(counted).fetchall()
            assert sql.execute("SELECT count(*) FROM fault").fetchone() == (0,)
            kinds = sql.execute("SELECT type, count(*) FROM event GROUP BY type").fetchall()
            assert kinds == [("checkpoint", self.story.source.count(b'"checkpoint"')), ("header", 1)]
            for buckets in (3, 5, 40, LAST * 2):
                self._check_window(session, names, buckets)

    def _check_window(self, session: Any, names: list[str], buckets: int) -> None:
        grid = read_metrics(session, [RUN], None, Window(buckets=buckets))
        assert [series.key for series in grid.runs[0].series] == names
        for series in grid.runs[0].series:
            found: dict[int, list[float]] = defaultdict(list)
            odd = 0
            for points in self.story.points.values():
                for point in points.values():
                    value = point.values.get(series.key)
                    if value is not None and math.isfinite(value):
                        found[int(point.step // (grid.bucket or 1) * (grid.bucket or 1))].append(value)
                    odd += value is not None and not math.isfinite(value)
            assert series.x == list(found)
            assert series.mean == pytest.approx([np.mean(values) for values in found.values()])
            assert sum(mark.count for mark in series.nonfinite) == odd
            if grid.bucket is not None:
                assert series.min == [min(values) for values in found.values()]
                assert series.max == [max(values) for values in found.values()]
                assert series.count == [len(values) for values in found.values()]


def stored(reader: StreamReader, names: list[str]) -> list[tuple[Any, ...]]:
    """Every stored (seq, step, value by name ...) of a stream, values as text, for NaN is not NaN."""
    found: list[tuple[Any, ...]] = []
    for columns in reader.chunked(names):
        values: list[list[Any]] = []
        for name in names:
            column = columns.metrics.get(name)
            by_row: list[Any] = [None] * len(columns)
            if column is not None:
                rows = column.at(np.arange(len(columns))).tolist()
                for row, value in zip(rows, column.values.tolist(), strict=True):
                    by_row[row] = value
            values.append(list(map(repr, by_row)))
        found += zip(columns.seq.tolist(), columns.step.tolist(), *values, strict=True)
    return sorted(found)


@pytest.fixture
def scene(small: None, tmp_path: Path, story: Story) -> Scene:
    return Scene(tmp_path / "scene", story)


def test_unkilled_it_seals_both_rows_and_blocks(scene: Scene) -> None:
    assert scene.live([SINGLE] * 100 + [BLOCK] * 3, None) == 0
    with closing(sqlite3.connect(scene.folder / "loradeck.db")) as database:
        sizes = {n for (n,) in database.execute("SELECT n FROM segment WHERE kind = ?", (STEP,))}
    assert 16 in sizes, "as many as are sealed of rows"
    assert max(sizes) > 16, "a block's"
    scene.finish()


@pytest.mark.parametrize("pieces", [[SINGLE] * 400, [BLOCK] * 20], ids=["rows", "blocks"])
def test_killed_at_each_statement_of_a_seal(scene: Scene, pieces: list[int]) -> None:
    """What is killed before its commit is tried again by the next, which comes one statement further."""
    sealed = []
    for statements in range(200):
        assert scene.live(pieces, AtStatement(1, statements)) == -signal.SIGKILL
        with closing(sqlite3.connect(scene.folder / "loradeck.db")) as database:
            sealed += database.execute("SELECT count(*) FROM segment").fetchone()
        if sealed[-1]:
            break
    assert sealed[-1] == 1
    assert len(sealed) > 20
    scene.finish()


kills = st.one_of(
    st.builds(AtStatement, st.integers(0, 6), st.integers(0, 80)),
    st.builds(InStatement, st.integers(20, 8000)),
    st.builds(InWrite, st.integers(1, 3_000_000)),
)
lives = st.lists(
    st.tuples(
        st.lists(st.sampled_from([50, SINGLE, 700, BLOCK, 9000]), min_size=1, max_size=40),
        kills,
        st.one_of(st.none(), st.none(), st.floats(0, 0.3)),
    ),
    min_size=2,
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(lives=lives)
def test_killed_anywhere_every_point_is_there_once(
    small: None, story: Story, tmp_path_factory: pytest.TempPathFactory, lives: Any
) -> None:
    scene = Scene(tmp_path_factory.mktemp("scenes") / f"scene-{next(numbers)}", story)
    for pieces, kill, within_s in lives:
        code = scene.live(pieces, kill, within_s)
        event(f"{type(kill).__name__}: {code}")
    scene.finish()
