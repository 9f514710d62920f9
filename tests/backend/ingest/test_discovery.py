import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.backend.database.db import Database
from services.backend.ingest.discovery import WHOLE, Due, due_for, is_followed
from services.backend.ingest.run_folders import RunFolders
from services.backend.runs.states import SILENT_S
from tests.harness.backend import LogFile, read_on, write_exit


class Scene:
    """Run folders and the database that they are read into."""

    def __init__(self, folder: Path) -> None:
        self.logs_dir = folder / "logs"
        self.logs_dir.mkdir()
        self.db = Database(folder / "loradeck.db")
        self.folders = RunFolders(self.logs_dir)

    def due(self, thorough: bool = False, later_s: float = 0.0) -> dict[str, Due]:
        return self.folders.due(self.db, time.time() + later_s, thorough)

    def read(self, run_id: str) -> None:
        read_on(self.db, self.folders, run_id)


def live_log(folder: Path, **which: int) -> LogFile:
    """A log whose lines are of now: the run is not silent."""
    log = LogFile(folder, **which)
    log.ts = time.time()
    return log.header()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.db.close()


def test_a_new_folder_is_read_whole_and_then_only_what_changes(scene: Scene) -> None:
    log = live_log(scene.logs_dir / "a")
    assert scene.due() == {"a": WHOLE}
    scene.read("a")
    assert scene.due() == {}
    log.step(1)
    assert scene.due() == {"a": Due(frozenset({"1.jsonl"}))}
    LogFile(scene.logs_dir / "a", rank=1).header()
    assert scene.due() == {"a": WHOLE}, "a file came"


def test_a_small_file_says_something_about_the_whole_run(scene: Scene) -> None:
    LogFile(scene.logs_dir / "a").header()
    write_exit(scene.logs_dir / "a", ended_at=1.0)
    scene.read("a")
    write_exit(scene.logs_dir / "a", ended_at=2.0)
    assert scene.due(thorough=True) == {"a": WHOLE}
    assert due_for(["1.jsonl"]) == Due(frozenset({"1.jsonl"}))
    assert due_for(["1.jsonl", "exit.json"]) == WHOLE


def test_a_run_that_has_ended_is_looked_at_only_thoroughly(scene: Scene) -> None:
    log = LogFile(scene.logs_dir / "a").header().step(1).end()
    write_exit(scene.logs_dir / "a")
    scene.read("a")
    log.step(2)
    assert scene.due() == {}
    assert scene.due(thorough=True) == {"a": Due(frozenset({"1.jsonl"}))}


def test_a_folder_that_is_gone_and_comes_back(scene: Scene, tmp_path: Path) -> None:
    LogFile(scene.logs_dir / "a").header()
    scene.read("a")
    os.rename(scene.logs_dir / "a", tmp_path / "aside")
    assert scene.due() == {"a": WHOLE}
    scene.read("a")
    assert scene.due() == {}
    os.rename(tmp_path / "aside", scene.logs_dir / "a")
    assert scene.due() == {"a": WHOLE}


def test_a_silent_run_without_a_shim_is_judged_again(scene: Scene) -> None:
    for run_id in ("a", "shim"):
        live_log(scene.logs_dir / run_id).step(1)
    live_log(scene.logs_dir / "shim", rank=-1)
    for run_id in ("a", "shim"):
        scene.read(run_id)
    assert scene.due() == {}
    assert scene.due(later_s=SILENT_S + 60) == {"a": WHOLE}


def test_what_is_no_run_and_no_file_of_one_is_ignored(scene: Scene) -> None:
    (scene.logs_dir / ".hidden").mkdir()
    (scene.logs_dir / "file").write_text("")
    (scene.logs_dir / "empty").mkdir()
    (scene.logs_dir / "empty" / "notes.txt").write_text("")
    assert [is_followed(name) for name in ("1.jsonl", "state.json", "notes.txt", "1.log")] == [True, True, False, False]
    scene.read("empty")
    assert scene.due() == {}
    with scene.db.read() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM run").scalar() == 0
