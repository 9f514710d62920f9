"""Reading ahead: the same rows as without it, whatever becomes of the readers, and none of them outlives the server."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from services.backend.database.db import Database
from services.backend.ingest import read_ahead
from services.backend.ingest.read_ahead import ReadAhead
from services.backend.ingest.run_folders import RunFolders
from services.backend.metrics.chunks import unpack
from tests.harness.backend import LogFile, read_on
from tests.harness.waiting import DEADLINE_S
from trainer.contract import events

RUN = "run"
STEPS = 40_000


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some megabytes: an ordinary beginning, a metric that comes later, values that are not finite, other events, and
    in the middle a line that is none."""
    file = LogFile(tmp_path_factory.mktemp("log") / RUN).header()
    lines = []
    for step in range(1, STEPS + 1):
        values = {"train/loss": step % 7 + 1 / step, "train/grad_norm": step % 13 / 16, "perf/step_time_s": 0.3}
        if step > STEPS // 3:
            values["system/gpu.0.memory_gb"] = 40.0
        odd = {"nonfinite": {"train/loss": "nan"}} if step % 9973 == 0 else {}
        if odd:
            del values["train/loss"]
        lines.append(file.line(events.Step, step=step, epoch=0, values=values, **odd))
        if step % 5000 == 0:
            lines.append(file.line(events.Phase, phase="save"))
        if step == STEPS // 2:
            lines.append(b'{"type": "step", "seq": \n')
    file.raw(b"".join(lines)).end()
    return file.path


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReadAhead]:
    monkeypatch.setattr(read_ahead, "STARTED_AT_BYTES", 1 << 20)
    found = ReadAhead(readers=2)
    found.start()
    _until(lambda: _is_ready(found))
    yield found
    found.close()


def _is_ready(readers: ReadAhead) -> bool:
    readers._collect()
    return all(reader.is_ready for reader in readers._readers)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _place(log: Path, folder: Path) -> Path:
    """The log, linked into `folder`/logs as that of a run."""
    run = folder / "logs" / RUN
    run.mkdir(parents=True)
    shutil.copy(log, run / log.name)
    return run / log.name


def _stored(folder: Path) -> dict[str, list[Any]]:
    """All that is known of the run's curve. A metric's chunks are unpacked: in which of its ways a reader has packed
    one depends on what came to it before."""
    queries = {
        "segment": "SELECT * FROM segment ORDER BY kind, no",
        "chunk": "SELECT kind, name, metric < 1, no, rows, data FROM chunk LEFT JOIN metric ON metric.pk = metric"
        " ORDER BY kind, no, metric < 1, metric",
        "cell": "SELECT kind, name, level, no, cells, others FROM cell LEFT JOIN metric ON metric.pk = metric"
        " ORDER BY kind, no, level, metric",
        "point": 'SELECT kind, seq, step, ts, "values", nonfinite FROM point ORDER BY seq',
        "event": "SELECT seq, type, body FROM event ORDER BY seq",
        "fault": "SELECT file, offset, code FROM fault",
        "run": "SELECT step, last, spark, seconds_per_step, warnings, state, keys FROM run",
        "log": "SELECT offset, next_seq, high_seq, unread_lines, marker FROM log",
    }
    with closing(sqlite3.connect(folder / "loradeck.db")) as database:
        stored = {name: database.execute(query).fetchall() for name, query in queries.items()}
    stored["chunk"] = [(*row[:-1], unpack(row[-1]).tobytes() if row[1] else row[-1]) for row in stored["chunk"]]
    return stored


def _read(folder: Path, log: Path, readers: ReadAhead | None, between: Callable[[], None] = lambda: None) -> Any:
    """Read the log as a run's, with `between` called after each block."""
    _place(log, folder)
    with closing(Database(folder / "loradeck.db")) as db:
        folders = RunFolders(folder / "logs", readers)
        more = True
        while more:
            with db.write() as write:
                more = folders.read_on(write, RUN)
            between()
    return _stored(folder)


@pytest.fixture(scope="module")
def expected(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return _read(tmp_path_factory.mktemp("plain"), log, None)


def test_what_is_read_ahead_is_stored_as_if_it_were_not(
    readers: ReadAhead, log: Path, expected: Any, tmp_path: Path
) -> None:
    found = _read(tmp_path, log, readers)
    assert readers.fetched >= 3
    assert found == expected
    assert [code for _, _, code in found["fault"]] == ["bad_json"]


def test_readers_that_die_are_done_without(readers: ReadAhead, log: Path, expected: Any, tmp_path: Path) -> None:
    victims = iter(readers._readers)

    def kill_one() -> None:
        victim = next(victims, None)
        if victim is not None:
            victim._process.kill()

    assert _read(tmp_path, log, readers, kill_one) == expected
    assert not any(reader.is_alive for reader in readers._readers)


def test_a_reader_that_hangs_is_waited_for_only_so_long(
    readers: ReadAhead, log: Path, expected: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_ahead, "ANSWER_WAIT_S", 0.2)
    for reader in readers._readers:
        os.kill(reader._process.pid, signal.SIGSTOP)
    assert _read(tmp_path, log, readers) == expected
    assert readers.fetched == 0


def test_a_log_that_was_rewritten_meanwhile_is_read_as_it_is_now(readers: ReadAhead, log: Path, tmp_path: Path) -> None:
    path = _place(log, tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    with closing(Database(tmp_path / "loradeck.db")) as db:
        folders = RunFolders(tmp_path / "logs", readers)
        with db.write() as write:
            folders.read_on(write, RUN)
        other = path.with_name("other")  # the same log with another second step: longer by a few bytes
        other.write_bytes(b"".join([*lines[:2], lines[2].replace(b'"epoch":0', b'"epoch":0  '), *lines[3:]]))
        os.replace(other, path)
        read_on(db, folders, RUN)
    found = _stored(tmp_path)
    assert found["run"][0][0] == STEPS
    assert sum(count for _, _, _, count, *_ in found["segment"]) + len(found["point"]) >= STEPS
    assert {code for _, _, code in found["fault"]} >= {"rewritten"}


def test_readers_are_ended_when_nothing_was_to_read_for_a_while(
    readers: ReadAhead, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers.close_if_idle()
    processes = [reader._process for reader in readers._readers]
    assert len(processes) == 2
    monkeypatch.setattr(read_ahead, "UNUSED_S", 0.0)
    readers.close_if_idle()
    assert readers._readers == []
    assert all(process.poll() is not None for process in processes)


def test_readers_end_with_a_server_that_was_killed() -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.harness.read_ahead_server"], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    pids = [int(pid) for pid in server.stdout.readline().split()]
    assert len(pids) == 2
    server.kill()
    server.wait()
    server.stdout.close()
    _until(lambda: not any(map(_is_running, pids)))


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_one_core_alone_needs_no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    readers = ReadAhead()
    readers.start()
    assert readers._readers == []
