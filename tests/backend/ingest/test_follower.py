import os
import time
from pathlib import Path

import pytest

from services.backend.database.db import Write, raw
from services.backend.ingest import follower
from services.backend.ingest.discovery import Due
from services.backend.ingest.run_folders import RunFolders
from services.backend.ingest.schedule import POLL_S
from services.backend.runs.record import run_tick
from tests.harness.backend import Backend, LogFile, open_files, served
from tests.harness.waiting import DEADLINE_S, stretched, until
from trainer.contract import events


def test_a_step_is_readable_soon_after_it_was_written(backend: Backend) -> None:
    """The median is some ten milliseconds; this only tells hints from the one-second poll."""
    log = LogFile(backend.folder("live")).header()
    backend.wait_for("live")
    waits = []
    with backend.live("live") as socket:
        socket.recv()
        for step in range(1, 21):
            started = time.monotonic()
            log.step(step)
            socket.recv(timeout=DEADLINE_S)
            waits.append(time.monotonic() - started)
    assert sorted(waits)[len(waits) // 2] < stretched(0.4)


def test_the_poll_finds_what_the_file_system_did_not_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "watch", lambda *_, **__: iter(()))
    with served(tmp_path) as backend:
        log = LogFile(backend.folder("quiet")).header().step(1)
        backend.wait_for("quiet", step=1)
        log.step(2)
        backend.wait_for("quiet", step=2)


def test_the_watch_outlives_its_folder(backend: Backend, tmp_path: Path) -> None:
    LogFile(backend.folder("a")).header().step(1)
    backend.wait_for("a", step=1)
    os.rename(backend.settings.logs_dir, tmp_path / "aside")
    until(lambda: any("is gone" in problem for problem in backend.get("/api/health")["problems"]))
    os.rename(tmp_path / "aside", backend.settings.logs_dir)
    LogFile(backend.folder("b")).header().step(1)
    backend.wait_for("b", step=1)


def test_a_full_disk_loses_nothing_and_is_said(backend: Backend) -> None:
    log = LogFile(backend.folder("full")).header().step(1)
    backend.wait_for("full", step=1)
    with backend.runtime.db.write() as write:
        (pages,) = write.sql.execute("PRAGMA page_count").fetchone()
        write.sql.execute(f"PRAGMA max_page_count = {pages}")
    pad = {f"pad/{n}": 1.0 / 3 for n in range(50)}
    for step in range(2, 202):
        log.step(step, values={"train/loss": 1.0, **pad})
    until(lambda: any("disk is full" in problem for problem in backend.get("/api/health")["problems"]))
    assert backend.get("/api/health")["status"] == "degraded"
    answers = (backend.http.post("/api/datasets", json=dataset(backend, n)) for n in range(200))
    refused = next(answer for answer in answers if answer.status_code != 201)
    assert (refused.status_code, refused.json()["code"]) == (507, "disk_full")
    assert backend.run("full")["step"] < 201, "reading goes on"

    with backend.runtime.db.write() as write:
        write.sql.execute("PRAGMA max_page_count = 1073741823")
    backend.wait_for("full", step=201)
    until(lambda: not any("disk is full" in problem for problem in backend.get("/api/health")["problems"]))
    (series,) = backend.get("/api/metrics", run="full", keys="train/loss")["runs"][0]["series"]
    assert series["x"] == list(range(1, 202))


def dataset(backend: Backend, number: int) -> dict[str, str]:
    base = backend.settings.data_roots[0] / f"clips-{'x' * 200}-{number}"
    base.mkdir()
    (base / "metadata.csv").write_text("video,prompt\na.mp4,x\n")
    return {"name": "n" * 120, "base_path": str(base)}


def test_a_run_that_cannot_be_read_keeps_no_other_from_being_read(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_on = RunFolders.read_on

    def failing(self: RunFolders, write: Write, run_id: str, due: Due) -> bool:
        if run_id == "poison":
            raise ZeroDivisionError("a fault of ours")
        return read_on(self, write, run_id, due)

    monkeypatch.setattr(RunFolders, "read_on", failing)
    LogFile(backend.folder("poison")).header().step(1)
    until(lambda: any("folder of poison failed" in problem for problem in backend.get("/api/health")["problems"]))
    log = LogFile(backend.folder("sound")).header()
    for step in range(1, 4):
        log.step(step)
        backend.wait_for("sound", step=step)
    monkeypatch.undo()
    backend.wait_for("poison", step=1)
    until(lambda: not any("poison" in problem for problem in backend.get("/api/health")["problems"]))


def test_commands_have_their_turn_during_a_catch_up(backend: Backend) -> None:
    long = LogFile(backend.folder("long")).header()
    long.raw(b"".join(long.line_of_step(step) for step in range(1, 300_001)))
    backend.wait_for("long")
    new = backend.new_run()
    backend.wait_for("long", step=300_000)
    with backend.runtime.db.read() as session:
        assert (run_tick(raw(session), new) or 0) < last_tick(backend, "long")


def test_a_long_catch_up_does_not_hold_up_the_answers(backend: Backend) -> None:
    log = LogFile(backend.folder("long")).header()
    log.raw(b"".join(log.line_of_step(step) for step in range(1, 20_001)))
    slowest = 0.0
    while backend.run("long").get("step") != 20_000:
        started = time.monotonic()
        backend.get("/api/health")
        slowest = max(slowest, time.monotonic() - started)
    assert slowest < stretched(1.0)


def test_a_live_run_is_not_held_up_by_a_catch_up(backend: Backend) -> None:
    live = LogFile(backend.folder("live")).header()
    backend.wait_for("live")
    long = LogFile(backend.folder("long")).header()
    long.raw(b"".join(long.line_of_step(step) for step in range(1, 300_001)))
    live.step(1)
    backend.wait_for("live", step=1)
    backend.wait_for("long", step=300_000)
    assert last_tick(backend, "live") < last_tick(backend, "long"), "it was committed before the end of the other"


def last_tick(backend: Backend, run_id: str) -> int:
    query = "SELECT {} FROM {} JOIN log ON log.pk = log_pk JOIN run ON run.pk = run_pk WHERE id = ?"
    with backend.runtime.db.read() as session:
        found = [
            raw(session).execute(query.format(tick, table), (run_id,)).fetchone()[0] or 0
            for tick, table in (("max(point.tick)", "point"), ("max(sealed_tick)", "stream"))
        ]
    return max(found)


def test_what_is_idle_writes_nothing(backend: Backend) -> None:
    LogFile(backend.folder("idle")).header().write(events.Phase, phase="load")
    backend.wait_for("idle")
    time.sleep(0.2)
    before = cursor(backend)
    time.sleep(2.5 * POLL_S)
    assert cursor(backend) == before


def cursor(backend: Backend) -> int:
    with backend.runtime.db.read() as session:
        return int(raw(session).execute("SELECT tick FROM clock").fetchone()[0])


def test_a_backend_leaves_no_file_open(tmp_path: Path) -> None:
    with served(tmp_path):
        pass
    before = open_files()
    for _ in range(3):
        with served(tmp_path) as backend:
            LogFile(backend.folder("a"), attempt=1)
            backend.get("/api/health")
    until(lambda: open_files() <= before)  # the watch's own thread closes its last
