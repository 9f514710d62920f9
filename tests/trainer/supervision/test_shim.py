import errno
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.harness.shim_runs import Supervised, is_living, seen
from tests.harness.waiting import until
from trainer.contract import events
from trainer.contract.problem import Problem
from trainer.contract.rundir import RunDir, StopRequest
from trainer.supervision import launcher, shim

SLEEP = "import time; time.sleep(60)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); {SLEEP}"
HEARS_SIGTERM = f"""
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print(1, flush=True)
{SLEEP}
"""
READS_STOP = """
import pathlib, time
print(1, flush=True)
while not pathlib.Path({path!r}, "stop.request").exists():
    time.sleep(0.01)
"""
LAUNCHER = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
rank = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
ranks = [subprocess.Popen([sys.executable, "-c", rank], start_new_session=True) for _ in range(2)]
print(*[rank.pid for rank in ranks], flush=True)
time.sleep({life})
"""


@pytest.mark.parametrize(
    ("code", "exit_code", "number"),
    [
        ("raise SystemExit(0)", 0, None),
        ("raise SystemExit(3)", 3, None),
        ("import os; os.kill(os.getpid(), 9)", None, 9),
    ],
)
def test_the_exit_status_is_kept(tmp_path: Path, code: str, exit_code: int | None, number: int | None) -> None:
    exit = Supervised(tmp_path / "r", code).exit()
    assert (exit.how, exit.attempt, exit.exit_code, exit.signal) == ("exited", 1, exit_code, number)
    assert (exit.stop_requested, exit.killed) == (False, False)


def test_its_log_tells_the_launch_and_the_end_in_the_contracts_words(tmp_path: Path) -> None:
    run = Supervised(tmp_path / "r", "raise SystemExit(3)")
    run.exit()
    found = run.events()
    assert [type(event) for event in found] == [events.Header, events.Phase, events.End]
    assert [event.seq for event in found] == [0, 1, 2]
    header, _, end = found
    assert isinstance(header, events.Header)
    assert (header.schema, header.rank, header.run_id, header.attempt) == (events.SCHEMA, -1, "r", 1)
    assert isinstance(end, events.End)
    assert (end.reason, end.code) == ("failed", "exit_3")
    assert run.state().attempt == 1


def test_what_the_child_prints_is_kept_and_the_run_is_named_to_it(tmp_path: Path) -> None:
    code = "import os, sys; print(os.environ['LORADECK_RUN_ID']); print('oh', file=sys.stderr)"
    run = Supervised(tmp_path / "r", code)
    run.exit()
    assert sorted(run.text().split()) == ["oh", "r"]


def test_a_command_that_is_not_there_ends_with_127_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    run = RunDir(tmp_path / "r")
    process = launcher.start_shim(run, 1, ["/no/such/python"], 1)
    until(lambda: process.poll() is not None)
    exit = run.read_exit()
    assert exit is not None
    assert exit.exit_code == 127
    assert "/no/such/python could not be started: No such file or directory." in run.text_log(1).read_text()


def sights_until_its_end(run: Supervised) -> set[str]:
    sights: list[str] = []

    def has_ended() -> bool:
        sights.append(seen(run.run))
        return sights[-1] == "ended"

    until(has_ended)
    return set(sights)


def test_it_is_never_seen_free_without_an_exit_from_launch_to_end(tmp_path: Path) -> None:
    for number in range(15):
        run = Supervised(tmp_path / f"r{number}", "pass")
        assert sights_until_its_end(run) <= {"alive", "ended"}
        run.exit()


def test_a_run_that_is_alive_is_not_started_twice_nor_an_attempt_that_was(tmp_path: Path) -> None:
    run = Supervised(tmp_path / "r", HEARS_SIGTERM)
    with pytest.raises(Problem, match="running already"):
        Supervised(tmp_path / "r", "pass", attempt=2)
    run.numbers(1)
    run.shim.terminate()
    run.exit()
    with pytest.raises(Problem, match="was started before"):
        Supervised(tmp_path / "r", "pass")


def test_a_stop_that_the_trainer_heeds_sends_no_signal(tmp_path: Path) -> None:
    run = Supervised(tmp_path / "r", READS_STOP.format(path=str(tmp_path / "r")) + "time.sleep(0.5)")
    run.numbers(1)
    run.stop()
    exit = run.exit()
    assert (exit.exit_code, exit.stop_requested, exit.killed) == (0, True, False)
    assert run.stages() == ["stop_requested"]
    assert isinstance(end := run.events()[-1], events.End)
    assert end.reason == "stopped"


def test_a_stop_that_it_ignores_becomes_sigterm_after_the_grace(tmp_path: Path) -> None:
    run = Supervised(tmp_path / "r", HEARS_SIGTERM, grace_s=0.2)
    run.numbers(1)
    run.stop()
    exit = run.exit()
    assert (exit.exit_code, exit.stop_requested, exit.killed) == (0, True, False)
    assert run.stages() == ["stop_requested", "sigterm_sent"]


def test_and_sigkill_in_the_end(tmp_path: Path) -> None:
    run = Supervised(tmp_path / "r", DEAF, grace_s=0.1, kill_s=0.3)
    run.numbers(1)
    run.stop()
    exit = run.exit()
    assert (exit.signal, exit.stop_requested, exit.killed) == (signal.SIGKILL, True, True)
    assert run.stages() == ["stop_requested", "sigterm_sent", "sigkill_sent"]


def test_sigterm_to_the_shim_is_passed_on_at_once_and_the_second_kills(tmp_path: Path) -> None:
    polite = Supervised(tmp_path / "polite", HEARS_SIGTERM)
    polite.numbers(1)
    polite.shim.terminate()
    exit = polite.exit()
    assert (exit.exit_code, exit.stop_requested, exit.killed) == (0, True, False)

    deaf = Supervised(tmp_path / "deaf", DEAF)
    deaf.numbers(1)
    deaf.shim.terminate()
    until(lambda: "sigterm_sent" in deaf.stages())
    deaf.shim.terminate()
    assert deaf.exit().killed


def test_the_stop_request_of_an_older_attempt_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    RunDir(tmp_path / "r").write_stop(StopRequest(attempt=1, requested_at=0))
    run = Supervised(tmp_path / "r", "import time; time.sleep(3 * 0.2)", attempt=2, grace_s=0)
    exit = run.exit()
    assert (exit.attempt, exit.exit_code, exit.stop_requested) == (2, 0, False)
    assert run.stages() == []


def test_a_daemonised_grandchild_ends_with_the_run(tmp_path: Path) -> None:
    code = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {SLEEP!r}]).pid, flush=True)"
    run = Supervised(tmp_path / "r", code)
    exit = run.exit()
    assert (exit.exit_code, exit.killed) == (0, False)
    assert not is_living(run.numbers(1)[0])
    assert run.stages() == ["sigkill_sent"]


@pytest.mark.parametrize(("life", "stop"), [("60", True), ("0.3", False)], ids=["stopped", "launcher gone"])
def test_ranks_in_sessions_of_their_own_end_with_the_run(tmp_path: Path, life: str, stop: bool) -> None:
    run = Supervised(tmp_path / "r", LAUNCHER.format(life=life), grace_s=0.1, kill_s=0.2)
    ranks = run.numbers(2)
    if stop:
        run.stop()
    assert run.exit().killed == stop
    assert not any(map(is_living, ranks))


def test_no_zombies_gather_under_a_long_run(tmp_path: Path) -> None:
    orphans = """
import subprocess, sys, time
for _ in range(5):
    subprocess.run([sys.executable, "-c", "import subprocess; subprocess.Popen(['true'])"])
print(1, flush=True)
time.sleep(60)
"""
    run = Supervised(tmp_path / "r", orphans)
    run.numbers(1)
    children = Path(f"/proc/{run.shim.pid}/task/{run.shim.pid}/children")
    until(lambda: children.read_text().split() == [str(run.state().child_pid)])
    run.shim.terminate()
    run.exit()


class FullDisk:
    """An os.write or shim.write_atomic that fails for want of room, `times` times."""

    def __init__(self, real: Any, times: int) -> None:
        self.real, self.left = real, times

    def __call__(self, *args: Any) -> Any:
        if self.left:
            self.left -= 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.real(*args)


def test_on_a_full_disk_the_exit_is_written_as_soon_as_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = shim.Attempt(tmp_path, 1, 60, 60)
    attempt.exit_code = 3
    full = FullDisk(shim.write_atomic, times=2)
    monkeypatch.setattr(shim, "write_atomic", full)
    monkeypatch.setattr("time.sleep", lambda _: None)
    attempt.finish()
    assert full.left == 0
    exit = RunDir(tmp_path).read_exit()
    assert exit is not None
    assert exit.exit_code == 3


def test_on_a_full_disk_an_event_is_lost_whole_and_the_log_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = shim.EventLog(tmp_path / "1.shim.jsonl")
    log.write("phase", phase="launch")
    real = os.write

    def half(fd: int, data: bytes) -> int:
        return real(fd, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", half)
    log.write("warning", code="lost", message="a torn line is cut off")
    monkeypatch.setattr(os, "write", FullDisk(real, times=1))
    log.write("warning", code="lost", message="no room at all")
    log.write("end", reason="stopped")
    found = [events.decode(line) for line in (tmp_path / "1.shim.jsonl").read_bytes().splitlines()]
    assert [type(event) for event in found] == [events.Phase, events.End]
    assert [event.seq for event in found] == [0, 1]


def test_a_deleted_run_folder_does_not_keep_the_shim(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    attempt = shim.Attempt(folder, 1, 60, 60)
    (folder / "1.shim.jsonl").unlink()
    folder.rmdir()
    attempt.finish()
    assert not folder.exists()


def test_a_fault_of_the_shim_itself_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "state.json").mkdir()  # so that it cannot be replaced
    run = Supervised(tmp_path / "r", SLEEP)
    exit = run.exit()
    assert exit.signal == signal.SIGKILL
    assert run.shim.returncode == 1
    assert "IsADirectoryError" in run.text()
