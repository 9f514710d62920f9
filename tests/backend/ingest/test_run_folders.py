"""From files in run folders to what the API says, through the served backend."""

import json
import shutil
import time
from pathlib import Path

import pytest

from services.backend.runs.states import SILENT_S
from tests.harness.backend import Backend, LogFile, write_exit, write_state
from tests.harness.waiting import DEADLINE_S, until
from trainer.contract import events


def test_a_found_folder_becomes_a_run(backend: Backend) -> None:
    folder = backend.folder("by-hand")
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"name": "by hand", "model": "tiny-wan"}))
    run = backend.wait_for("by-hand", state="stopped", attempt=0, name="by hand", model="tiny-wan")
    assert backend.claim() is None, "nobody asked for it to be run here"
    assert run["config"] == {"name": "by hand", "model": "tiny-wan"}

    write_state(folder)
    LogFile(folder, rank=-1).header().write(events.Phase, phase="launch")
    backend.wait_for("by-hand", state="preparing", attempt=1)
    log = LogFile(folder).header().write(events.Phase, phase="load", item="dit")
    run = backend.wait_for("by-hand", host="gpu-host", world_size=2)
    assert run["phase"]["phase"] in ("launch", "load")
    log.write(events.Phase, phase="train", done=0, total=20).steps(1, 7)
    run = backend.wait_for("by-hand", state="running", step=7, total_steps=20, seconds_per_step=1.0, seconds_left=13.0)
    assert run["last"] == {"train/loss": 1 / 7, "train/lr": 1e-4}
    assert run["phase"] == {"phase": "train", "done": 0, "total": 20, "item": None, "ts": run["phase"]["ts"]}
    log.steps(8, 20).end()
    backend.wait_for("by-hand", step=20, state="running")
    write_exit(folder, ended_at=123.5)
    run = backend.wait_for("by-hand", state="succeeded", seconds_left=None, ended_at=123.5)
    assert run["attempts"] == [
        {
            "attempt": 1,
            "first_step": 1,
            "last_step": 20,
            "started_at": run["started_at"],
            "ended_at": 123.5,
            "reason": "succeeded",
        }
    ]
    assert run["created_at"] <= run["started_at"], "it is as old as its log says, whenever its folder was found"


def test_where_rank_0_hung_the_run_failed_of_what_another_rank_said(backend: Backend) -> None:
    folder = backend.folder("hung")
    LogFile(folder).header().steps(1, 3)
    silent, said = LogFile(folder, rank=1, log_id="log-2"), LogFile(folder, rank=2, log_id="log-3")
    silent.header().raw(b'{"type": "end", "reas')
    said.header().write(events.End, reason="failed", code="rank_missing", message="Rank 0 did not come.")
    write_state(folder)
    backend.wait_for("hung", state="running", step=3)
    write_exit(folder, exit_code=1)
    backend.wait_for("hung", state="failed", code="rank_missing", message="Rank 2: Rank 0 did not come.")


def test_an_exit_counts_only_once_the_logs_are_read(backend: Backend, tmp_path: Path) -> None:
    """A finished folder that is moved in is never shown as failed on the way to its end."""
    folder = tmp_path / "moved-in"
    LogFile(folder).header().steps(1, 20_000).end()
    write_state(folder)
    write_exit(folder)
    states = set()
    with backend.live("moved-in") as socket:
        socket.recv()
        shutil.move(folder, backend.folder("moved-in"))
        while "succeeded" not in states:
            states |= {run["state"] for run in json.loads(socket.recv(timeout=DEADLINE_S))["runs"]}
    assert states <= {"preparing", "running", "succeeded"}
    assert backend.run("moved-in")["step"] == 20_000


def test_a_failure_nobody_explained_quotes_the_log(backend: Backend) -> None:
    folder = backend.folder("crashed")
    LogFile(folder).header().steps(1, 3)
    write_state(folder)
    (folder / "1.log").write_text("loading\n\nRuntimeError: out of memory\n\n")
    write_exit(folder, exit_code=None, signal=9)
    run = backend.wait_for("crashed", state="failed", code="signal_9")
    assert run["message"].endswith("loading\nRuntimeError: out of memory")


def test_a_lost_run(backend: Backend) -> None:
    folder = backend.folder("lost")
    LogFile(folder).header().steps(1, 3)
    write_state(folder)
    write_exit(folder, how="lost", exit_code=None)
    run = backend.wait_for("lost", state="lost", code="lost")
    assert "Resume it" in run["message"]


def test_a_silent_log_without_a_shim_is_lost_until_it_speaks(backend: Backend) -> None:
    log = LogFile(backend.folder("script"))
    log.ts = time.time() - SILENT_S - 100
    log.header().steps(1, 3)
    backend.wait_for("script", state="lost", code="silent")
    log.ts = time.time()
    log.step(4)
    backend.wait_for("script", state="running", code="", step=4)
    log.end("failed", code="nan_loss", message="The loss is not a number.")
    backend.wait_for("script", state="failed", code="nan_loss", message="The loss is not a number.")


def test_a_run_that_falls_silent_while_nothing_changes_is_lost(backend: Backend) -> None:
    log = LogFile(backend.folder("script"))
    log.ts = time.time() - SILENT_S - 1.5
    log.header().steps(1, 3)  # the last is some two seconds short of too long ago
    backend.wait_for("script", state="running")
    backend.wait_for("script", state="lost")


def test_a_bad_line_is_counted_and_shown(backend: Backend) -> None:
    log = LogFile(backend.folder("faulty")).header().step(1)
    offset = log.path.stat().st_size
    log.raw(b'{"type": "step", oops}\n').step(2, seq=3).step(3, seq=9).step(9, seq=9)
    run = backend.wait_for("faulty", step=3)
    assert run["warnings"] == 3
    faults = backend.get("/api/runs/faulty/faults")
    assert [fault["reason"].split(":")[0] for fault in faults] == [
        "seq 9 came again where 10 was due.",
        "seq 9 came where 4 was due",
        "JSON is malformed",
    ]
    assert {"run_id": "faulty", "file": "1.jsonl", "offset": offset, "reason": faults[-1]["reason"]} == faults[-1]
    assert backend.get("/api/health")["faults"] == faults
    steps = backend.get("/api/metrics", run="faulty", keys="train/loss")["runs"][0]["series"][0]["x"]
    assert steps == [1, 2, 3], "the bad line explains its own gap, and a repeat is not stored"


def test_a_torn_last_line_is_never_parsed(backend: Backend) -> None:
    log = LogFile(backend.folder("torn")).header().steps(1, 3)
    write_state(log.path.parent)
    torn = log.line(events.Step, step=4, epoch=0, values={"train/loss": 1.0})
    log.raw(torn[:-1])
    run = backend.wait_for("torn", step=3)
    assert run["warnings"] == 0, "it may still be finished"
    write_exit(log.path.parent, exit_code=1)
    backend.wait_for("torn", state="failed", warnings=1)
    assert "never finished" in backend.get("/api/runs/torn/faults")[0]["reason"]
    log.raw(b"\n")
    marker = LogFile(backend.folder("marker")).header().step(1)
    backend.wait_for("marker", step=1)
    assert marker.path.exists()
    assert backend.run("torn")["step"] == 3


def test_a_second_log_in_the_same_file_is_not_read(backend: Backend) -> None:
    log = LogFile(backend.folder("twice")).header().steps(1, 3)
    LogFile(log.path.parent, log_id="log-2").header().steps(1001, 1009)
    log.seq += 1000
    log.step(4)
    run = backend.wait_for("twice", warnings=1)
    assert run["step"] == 3
    assert "second log" in backend.get("/api/runs/twice/faults")[0]["reason"]


@pytest.mark.parametrize("rank", [-1, 1])
def test_only_rank_0_gives_values(backend: Backend, rank: int) -> None:
    LogFile(backend.folder("ranks")).header().steps(1, 2)
    LogFile(backend.folder("ranks"), rank=rank, log_id="other").header().step(9)
    run = backend.wait_for("ranks", warnings=1)
    assert run["step"] == 2


def test_heartbeats_do_not_grow_the_database(backend: Backend) -> None:
    log = LogFile(backend.folder("beating")).header()
    for beat in range(300):
        log.write(events.Phase, phase="cache", done=beat, total=300, item=f"clip-{beat}")
    until(lambda: (backend.run("beating").get("phase") or {}).get("done") == 299)
    assert [event["type"] for event in backend.get("/api/runs/beating/events")] == ["header"]
    assert backend.run("beating")["total_steps"] is None, "only phase train counts steps"


def test_nonfinite_values_keep_their_step(backend: Backend) -> None:
    log = LogFile(backend.folder("nan")).header().step(1)
    log.write(events.Step, step=2, epoch=0, values={"train/lr": 1.0}, nonfinite={"train/loss": "nan"}).step(3)
    run = backend.wait_for("nan", step=3)
    assert run["keys"] == ["train/loss", "train/lr"]
    series = {s["key"]: s for s in backend.get("/api/metrics", run="nan")["runs"][0]["series"]}
    assert series["train/loss"]["x"] == [1, 3]
    assert series["train/loss"]["nonfinite"] == [{"x": 2.0, "step": 2, "what": "nan", "count": 1}]


def test_what_happened_is_listed_with_all_its_fields(backend: Backend) -> None:
    log = LogFile(backend.folder("eventful")).header()
    log.write(events.Warning, code="slow_disk", message="The disk is slow.")
    log.write(events.Sample, step=0, path="samples/a.mp4", prompt="a bird")
    log.write(events.Stall, code="collective", message="Rank 1 is behind.", details={"rank": 1})
    log.write(events.Eval, step=0, epoch=0, values={"eval/loss": 2.0}).step(1)
    run = backend.wait_for("eventful", step=1, warnings=2)
    assert run["keys"] == ["eval/loss", "train/loss", "train/lr"]
    found = backend.get("/api/runs/eventful/events")
    assert [event["type"] for event in found] == ["header", "warning", "sample", "stall"]
    assert found[2]["body"] == {
        "step": 0,
        "path": "samples/a.mp4",
        "prompt": "a bird",
        "what": "lora",
        "seed": None,
    }
    assert backend.get("/api/runs/eventful/events", after=found[1]["id"], limit=1) == [found[2]]
    assert backend.get("/api/runs/eventful/events", type="stall") == [found[3]]


def test_a_stop_that_was_asked_for_is_no_warning(backend: Backend) -> None:
    log = LogFile(backend.folder("asked")).header()
    log.write(events.Warning, code="stop_requested", message="A stop was asked for.").step(1)
    assert backend.wait_for("asked", step=1)["warnings"] == 0
    assert [event["type"] for event in backend.get("/api/runs/asked/events")] == ["header", "warning"]


def test_a_folder_that_goes_leaves_its_curve(backend: Backend, tmp_path: Path) -> None:
    log = LogFile(backend.folder("gone")).header().steps(1, 3)
    log.ts = time.time()
    log.step(4)
    backend.wait_for("gone", state="running")
    shutil.move(log.path.parent, tmp_path / "aside")
    backend.wait_for("gone", state="lost", code="folder_missing")
    assert any("gone is gone" in problem for problem in backend.get("/api/health")["problems"])
    assert backend.get("/api/metrics", run="gone", keys="train/lr")["runs"][0]["series"][0]["x"] == [1, 2, 3, 4]
    shutil.move(tmp_path / "aside", log.path.parent)
    log.step(5)
    backend.wait_for("gone", state="running", step=5)


def test_what_is_no_run_is_left_alone(backend: Backend) -> None:
    for name in (".hidden", "Capital", "empty"):
        backend.folder(name).mkdir()
    LogFile(backend.folder(".hidden")).header().step(1)
    (backend.settings.logs_dir / "1.jsonl").write_text("{}\n")
    LogFile(backend.folder("real")).header().step(1)
    backend.wait_for("real", step=1)
    assert [run["id"] for run in backend.get("/api/runs")] == ["real"]


def test_odd_files_in_a_run_folder_are_survived(backend: Backend) -> None:
    folder = backend.folder("odd")
    LogFile(folder).header().steps(1, 3)
    (folder / "config.json").write_text('{"name": "\\ud800"}')
    (folder / "state.json").write_text('{"attempt": 99999999999999999999999}')
    (folder / "exit.json").write_text("[1")
    (folder / "2.jsonl").mkdir()
    run = backend.wait_for("odd", step=3, warnings=2)
    assert run["state"] in ("running", "lost")


def test_a_resume_by_hand_goes_on_in_a_new_attempt(backend: Backend) -> None:
    folder = backend.folder("resumed")
    LogFile(folder).header().steps(1, 14).end("stopped")
    write_state(folder)
    write_exit(folder)
    backend.wait_for("resumed", state="stopped", step=14)
    write_state(folder, attempt=2)
    backend.wait_for("resumed", state="preparing", attempt=2)
    LogFile(folder, attempt=2, log_id="log-2").header().steps(11, 12)
    run = backend.wait_for("resumed", state="running", step=12)
    assert [attempt["reason"] for attempt in run["attempts"]] == ["stopped", None]
    assert [(a["first_step"], a["last_step"]) for a in run["attempts"]] == [(1, 14), (11, 12)]


def test_a_catch_up_of_several_attempts_ends_at_the_newest(backend: Backend, tmp_path: Path) -> None:
    folder = tmp_path / "history"
    for attempt, (first, last) in enumerate([(1, 9000), (8001, 9500), (9501, 9502)], start=1):
        LogFile(folder, attempt=attempt, log_id=f"log-{attempt}").header().steps(first, last)
    shutil.move(folder, backend.folder("history"))
    run = backend.wait_for("history", step=9502, attempt=3)
    assert run["last"]["train/loss"] == 1 / 9502
    (listed,) = backend.get("/api/runs")
    assert 1 <= len(listed["sparkline"]) <= 60
    steps = backend.get("/api/metrics", run="history", keys="train/loss", buckets=20_000)["runs"][0]["series"][0]["x"]
    assert steps == list(range(1, 9503))
