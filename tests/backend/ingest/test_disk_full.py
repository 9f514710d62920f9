"""A disk that takes no more, at each place of a commit: nothing is lost, nothing doubled, and it is said."""

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from services.backend.database.db import Database
from services.backend.errors import is_disk_full
from services.backend.ingest.run_folders import RunFolders
from tests.backend.test_process import process
from tests.harness.backend import LogFile, make_dataset, read_on
from tests.harness.point_log import BLOCK, LINE, RUN, check, tell
from tests.harness.waiting import DEADLINE_S, until

Room = Callable[[Path, Database, int], AbstractContextManager[None]]


@contextmanager
def pages(_: Path, db: Database, pages: int) -> Iterator[None]:
    """A database that may grow by so many pages: a statement meets the end."""
    _most_pages(db, pages)
    try:
        yield
    finally:
        _most_pages(db, 1 << 30)


def _most_pages(db: Database, more: int) -> None:
    with db.write() as write:
        (pages,) = write.sql.execute("PRAGMA page_count").fetchone()
        write.sql.execute(f"PRAGMA max_page_count = {min(pages + more, (1 << 30) - 1)}")


@contextmanager
def bytes_of_wal(path: Path, _: Database, pages: int) -> Iterator[None]:
    """Files that may get no longer than the write-ahead log plus so many half pages: the commit meets the end."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (path.with_name(f"{path.name}-wal").stat().st_size + 2048 * pages, limits[1])
    )
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def reads(db: Database, folders: RunFolders) -> bool:
    """Read on; False where the disk was full."""
    try:
        read_on(db, folders, RUN)
    except (DBAPIError, sqlite3.Error) as error:
        if is_disk_full(error):
            return False
        raise
    return True


@pytest.mark.parametrize(
    ("room", "places"),
    [(pages, ("INSERT INTO chunk", "INSERT INTO cell")), (bytes_of_wal, ("COMMIT",))],
    ids=["in a statement", "in the commit"],
)
@pytest.mark.parametrize("piece", [LINE, BLOCK], ids=["rows", "blocks"])
def test_a_disk_full_at_each_place_loses_nothing(
    small: None, tmp_path: Path, room: Room, places: tuple[str, ...], piece: int
) -> None:
    story = tell(tmp_path / "source")
    log = tmp_path / "logs" / RUN / "1.jsonl"
    log.parent.mkdir(parents=True)
    path = tmp_path / "loradeck.db"
    db, folders = Database(path), RunFolders(tmp_path / "logs")
    statements = [""]
    with db.write() as write:
        write.sql.set_trace_callback(statements.append)
    met = set()
    for start in range(0, min(len(story.source), 100 * piece), piece):
        with open(log, "ab", buffering=0) as file:
            file.write(story.source[start : start + piece])
        left, is_read = 0, False
        while not is_read:
            with room(path, db, left):
                is_read = reads(db, folders)
                last = next(statement for statement in reversed(statements) if statement != "ROLLBACK")
            if not is_read:
                met.add(last)
                folders.forget()
            left += 1
    assert any(statement.startswith(places) for statement in met), met
    log.write_bytes(story.source)
    read_on(db, folders, RUN)
    check(db, story)
    db.close()


def test_a_backend_that_may_write_no_more_says_so_and_goes_on_later(tmp_path: Path) -> None:
    with process(tmp_path, LORADECK_DATA_ROOTS=str(tmp_path)) as (child, url):

        def get(path: str) -> dict[str, Any]:
            answer = httpx.get(f"{url}{path}", timeout=DEADLINE_S)
            return dict(answer.json()) if answer.status_code == 200 else {}

        def problems() -> list[str]:
            return [problem for problem in get("/api/health")["problems"] if "agent" not in problem]

        logs = [LogFile(tmp_path / "logs" / name).header().steps(1, 10) for name in ("a", "b")]
        for log in logs:
            until(lambda log=log: get(f"/api/runs/{log.run_id}").get("step") == 10)  # type: ignore[misc]
        size = max(path.stat().st_size for path in (tmp_path / "state").glob("loradeck.db*"))
        resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (size + 20_000, resource.RLIM_INFINITY))
        for log in logs:
            log.steps(11, 9000)
        until(problems)
        assert problems() == [
            "The disk takes no more: it is full, a quota or a limit is reached, or it fails."
            " New steps wait in the run folders until there is space."
        ]
        paths = (make_dataset(tmp_path / f"clips-{number}") for number in range(50))
        bodies = ({"name": path.name, "base_path": str(path)} for path in paths)
        answers = (httpx.post(f"{url}/api/datasets", json=body, timeout=DEADLINE_S) for body in bodies)
        refused = next(answer for answer in answers if answer.status_code >= 500)
        assert (refused.status_code, refused.json()["code"]) == (507, "disk_full")

        resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        for log in logs:
            until(lambda log=log: get(f"/api/runs/{log.run_id}")["step"] == 9000)  # type: ignore[misc]
            window = get(f"/api/metrics?run={log.run_id}&keys=train/loss&buckets=10000")
            assert window["runs"][0]["series"][0]["x"] == list(range(1, 9001))
        until(lambda: not problems())
