"""SIGKILL around sealing: wherever it falls, after a restart every point is there once and every cell is right."""

import multiprocessing
import shutil
import signal
import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from services.backend.database.db import Database
from services.backend.ingest.run_folders import RunFolders
from services.backend.metrics.segments import STEP
from tests.harness import killed_reader
from tests.harness.backend import read_on
from tests.harness.killed_reader import AtStatement, InStatement, InWrite, Kill
from tests.harness.point_log import BLOCK, LINE, RUN, Story, check, tell

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload([killed_reader.__name__])
numbers = count(1)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return tell(tmp_path_factory.mktemp("source"))


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
        child = processes.Process(target=killed_reader.live, args=(self.folder, pieces, kill))
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
            read_on(db, RunFolders(self.folder / "logs"), RUN)
            check(db, self.story)
        shutil.rmtree(self.folder)


@pytest.fixture
def scene(small: None, tmp_path: Path, story: Story) -> Scene:
    return Scene(tmp_path / "scene", story)


def test_unkilled_it_seals_both_rows_and_blocks(scene: Scene) -> None:
    assert scene.live([LINE] * 100 + [BLOCK] * 3, None) == 0
    with closing(sqlite3.connect(scene.folder / "loradeck.db")) as database:
        sizes = {n for (n,) in database.execute("SELECT n FROM segment WHERE kind = ?", (STEP,))}
    assert 16 in sizes, "as many as are sealed of rows"
    assert max(sizes) > 16, "a block's"
    scene.finish()


@pytest.mark.parametrize("pieces", [[LINE] * 400, [BLOCK] * 20], ids=["rows", "blocks"])
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
        st.lists(st.sampled_from([50, LINE, 700, BLOCK, 9000]), min_size=1, max_size=40),
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
