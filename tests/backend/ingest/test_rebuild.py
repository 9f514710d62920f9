import random
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from services.backend.settings import Settings
from tests.harness.backend import Backend, LogFile, make_dataset, served, write_exit, write_state
from tests.harness.waiting import DEADLINE_S, until
from trainer.contract import events


def rebuild(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    words = ["rebuild", "--logs-dir", str(tmp_path / "logs"), "--state-dir", str(tmp_path / "state")]
    return subprocess.run(
        [sys.executable, "-m", "loradeck", *words], capture_output=True, text=True, timeout=DEADLINE_S
    )


def answers(backend: Backend) -> dict[str, Any]:
    """All that can be asked about the runs, without what names the database itself."""
    found: dict[str, Any] = {"runs": backend.get("/api/runs"), "datasets": backend.get("/api/datasets")}
    for run in found["runs"]:
        # In which pieces a log was read shows in the last digits of means.
        run["sparkline"] = [f"{mean:.9g}" for mean in run["sparkline"]]
        place = f"/api/runs/{run['id']}"
        found[place] = backend.get(place)
        for part in ("checkpoints", "samples"):
            found[f"{place}/{part}"] = backend.get(f"{place}/{part}")
        events_of = [without(event, "id") for event in backend.get(f"{place}/events")]
        found[f"{place}/events"] = sorted(events_of, key=lambda event: (event["attempt"], event["rank"], event["ts"]))
        for buckets in (50, 20_000):
            window = {"run": run["id"], "buckets": buckets, "attempts": "all"}
            metrics = without(backend.get("/api/metrics", **window), "cursor")
            for series in (series for curve in metrics["runs"] for series in curve["series"]):
                series["mean"] = [f"{mean:.9g}" for mean in series["mean"]]
            found[f"{place} {buckets}"] = metrics
    return found


def without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != name}


def test_a_rebuilt_database_gives_the_same_answers(tmp_path: Path) -> None:
    with served(tmp_path) as backend:
        log = LogFile(backend.folder("long")).header().steps(1, 9000)
        log.write(events.Checkpoint, step=9000, path="checkpoints/step-9000")
        log.raw(b"not json\n")
        LogFile(backend.folder("long"), attempt=2, log_id="log-2").header().steps(8000, 9500).end()
        write_state(backend.folder("long"), 2)
        write_exit(backend.folder("long"), 2)
        queued = backend.new_run()
        backend.http.post("/api/datasets", json={"name": "clips", "base_path": str(make_dataset(tmp_path / "more"))})
        backend.wait_for("long", step=9500, state="succeeded")
        before = answers(backend)
    said = rebuild(tmp_path)
    assert said.returncode == 0, said.stderr
    assert "2 runs with 9,500 steps in " in said.stdout
    assert (tmp_path / "state" / "loradeck.db.old").is_file()
    with served(tmp_path) as backend:
        assert backend.wait_for(queued, state="queued")
        after = answers(backend)
        assert after.keys() == before.keys()
        for place, answer in before.items():
            assert after[place] == answer, place


def test_a_broken_database_is_rebuilt(tmp_path: Path) -> None:
    with served(tmp_path) as backend:
        LogFile(backend.folder("run")).header().steps(1, 10)
        backend.wait_for("run", step=10)
    database = Settings(logs_dir=tmp_path / "logs", state_dir=tmp_path / "state").database
    database.write_bytes(b"this is no database" * 1000)
    assert rebuild(tmp_path).returncode == 0
    with served(tmp_path) as backend:
        assert backend.run("run")["step"] == 10


def test_not_while_another_runs(tmp_path: Path) -> None:
    with served(tmp_path):
        said = rebuild(tmp_path)
    assert said.returncode == 2
    assert said.stderr.startswith("Another Loradeck is running on ")


def test_a_deleted_run_gives_its_space_back(tmp_path: Path) -> None:
    with served(tmp_path) as backend:
        log, noise = LogFile(backend.folder("big")).header(), random.Random(1)
        lines = (log.line_of_step(step, values={"train/loss": noise.random()}) for step in range(1, 60_001))
        log.raw(b"".join(lines)).end()
        write_state(backend.folder("big"))
        write_exit(backend.folder("big"))
        backend.wait_for("big", step=60_000, state="succeeded")
        database = backend.settings.database

        def pages() -> int:
            with sqlite3.connect(database) as connection:
                return int(connection.execute("PRAGMA page_count").fetchone()[0])

        def left() -> int:
            tables = ("segment", "stream", "chunk", "cell", "point", "garbage")
            with sqlite3.connect(database) as connection:
                return sum(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)

        full = pages()
        assert left() > 0
        assert backend.http.delete("/api/runs/big").status_code == 204
        until(lambda: pages() < full - 100 and left() == 0, "the space")
