"""Requests to stop as people and their tools write them: what cannot be read stops nothing, for the trainer and the
shim alike."""

from pathlib import Path

import pytest

from tests.harness.rights import as_anybody
from tests.harness.shim_runs import Supervised, is_living, seen
from tests.harness.waiting import until
from trainer.agent import lost_runs
from trainer.contract.messages import Message
from trainer.contract.rundir import RunDir, StopRequest
from trainer.supervision import shim
from trainer.supervision.foreground import outcome
from trainer.supervision.stop import Stopped, StopWatch

GOOD = [
    b'{"attempt": 1, "requested_at": 1}',
    b'{"attempt": 1, "requested_at": 1.5, "reason": "host", "by": "a tool"}',
    b'{"attempt": 2, "attempt": 1, "requested_at": 1}',
]
OF_ANOTHER = [b'{"attempt": 2, "requested_at": 1}']
UNREADABLE = [
    b"",
    b"{",
    b"stop",
    b"null",
    b"[1]",
    b'"1"',
    b"{}",
    b'{"attempt": 1}',
    b'{"requested_at": 1}',
    b'{"attempt": "1", "requested_at": 1}',
    b'{"attempt": 1.0, "requested_at": 1}',
    b'{"attempt": true, "requested_at": 1}',
    b'{"attempt": 1, "requested_at": "now"}',
    b'{"attempt": 1, "requested_at": true}',
    b'{"attempt": 1, "requested_at": null}',
    b'{"attempt": 1, "requested_at": NaN}',
    b'{"attempt": 1, "requested_at": 1e999}',
    b'{"attempt": 1, "requested_at": 1' + b"0" * 400 + b"}",
    b'{"attempt": 1, "requested_at": 1, "reason": "a whim"}',
    b'{"attempt": 1, "requested_at": 1, "reason": null}',
    b'{"attempt": 1, "requested_at": 1, "reason": []}',
    b'\xef\xbb\xbf{"attempt": 1, "requested_at": 1}',
    b"\xff\xfe{",
    b"[" * 100_000,
]


def watched(folder: Path) -> tuple[StopWatch, list[Message]]:
    told: list[Message] = []
    watch = StopWatch(RunDir(folder), 1)
    watch.warn = told.append
    return watch, told


@pytest.mark.parametrize("content", [*GOOD, *OF_ANOTHER, *UNREADABLE], ids=lambda content: repr(content[:60]))
def test_the_shim_takes_what_the_trainer_takes(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "stop.request").write_bytes(content)
    watch, told = watched(tmp_path)
    assert watch.requested() == (content in GOOD)
    assert shim.stop_reason(tmp_path, 1) == RunDir(tmp_path).stop_reason(1)
    assert (shim.stop_reason(tmp_path, 1) is not None) == (content in GOOD)
    assert [said.code for said in told] == ["stop_unreadable"] * (content in UNREADABLE)


def test_a_folder_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "stop.request").mkdir()
    watch, told = watched(tmp_path)
    assert not watch.requested()
    assert shim.stop_reason(tmp_path, 1) is None
    assert "Is a directory" in told[0].message


def test_a_file_that_may_not_be_read_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "stop.request").write_bytes(GOOD[0])
    (tmp_path / "stop.request").chmod(0)
    watch, told = watched(tmp_path)
    with as_anybody():
        assert not watch.requested()
    assert len(told) == 1
    assert "Permission denied" in told[0].message


def test_it_is_told_once_and_a_request_after_it_counts(tmp_path: Path) -> None:
    watch, told = watched(tmp_path)
    (tmp_path / "stop.request").write_bytes(b'{"attempt": 1}')
    for _ in range(3):
        watch.check()
    assert [said.message for said in told] == [
        "stop.request cannot be read and stops nothing: Object missing required field `requested_at`."
    ]
    assert '{"attempt": 1, "requested_at": <Unix seconds>}' in told[0].hint
    RunDir(tmp_path).write_stop(StopRequest(attempt=1, requested_at=1.0))
    with pytest.raises(Stopped):
        watch.check()
    assert len(told) == 1


def test_a_watch_without_a_log_passes_it_over(tmp_path: Path) -> None:
    (tmp_path / "stop.request").write_bytes(b"{")
    assert not StopWatch(RunDir(tmp_path), 1).requested()


def test_small_files_of_others_do_not_keep_a_run_from_its_end(tmp_path: Path) -> None:
    run = tmp_path / "r"
    for name in ("exit.json", "stop.request"):
        (run / name / "inside").mkdir(parents=True)
    supervised = Supervised(run, "raise SystemExit(0)")
    assert until(lambda: seen(supervised.run) == "ended")
    assert supervised.exit().exit_code == 0
    (renamed,) = run.glob("exit.json.*")
    assert (renamed / "inside").is_dir()


@pytest.mark.parametrize("content", UNREADABLE, ids=lambda content: repr(content[:60]))
def test_a_lost_run_with_small_files_of_others_is_ended(tmp_path: Path, content: bytes) -> None:
    run = RunDir(tmp_path)
    run.log(1, -1).touch()
    for path in (run.state, run.exit, run.stop):
        path.write_bytes(content)
    assert not lost_runs.has_exit(run, 1)
    assert outcome(run, 1)[0] is False
    lost_runs.settle(run, 1)
    exit = run.read_exit()
    assert exit is not None
    assert (exit.how, exit.by_host) == ("lost", False)


def test_a_run_under_an_unreadable_request_is_stopped_by_the_next_one(tmp_path: Path) -> None:
    supervised = Supervised(tmp_path / "r", "import time; print(1, flush=True); time.sleep(60)", grace_s=0, kill_s=60)
    pid = supervised.state().child_pid
    supervised.run.stop.write_bytes(b'{"attempt": 1}')
    assert shim.stop_reason(tmp_path / "r", 1) is None
    assert is_living(pid)
    assert supervised.stages() == []
    supervised.stop()
    assert supervised.exit().stop_requested
