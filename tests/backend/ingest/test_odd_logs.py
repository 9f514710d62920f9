"""Logs as they should not be, long enough that a part of them is sealed: what is sound in them is there once."""

import resource
import time
from pathlib import Path
from typing import Any

import pytest

from services.backend.database.db import Database, raw
from services.backend.ingest import events_to_rows, points
from services.backend.ingest.run_folders import RunFolders
from services.backend.metrics.buckets import Window
from services.backend.metrics.curves import read_metrics
from services.backend.metrics.schemas import Axis, Metrics, Series
from services.backend.runs import record
from services.backend.runs.queries import find_run
from tests.harness.backend import LogFile, read_on
from trainer.contract import events

RUN = "run"


class Reading:
    """One run's log and what was read of it."""

    def __init__(self, db: Database, logs_dir: Path) -> None:
        self.db, self._logs_dir = db, logs_dir
        self.log = LogFile(logs_dir / RUN).header()
        self.restart()

    def restart(self) -> None:
        self._folders = RunFolders(self._logs_dir)

    def on(self) -> None:
        read_on(self.db, self._folders, RUN)

    def window(self, **window: Any) -> Metrics:
        with self.db.read() as session:
            return read_metrics(session, [find_run(session, RUN)], None, Window(**{"buckets": 10**6, **window}))

    def series(self, key: str = "train/loss", **window: Any) -> Series:
        (found,) = [series for series in self.window(**window).runs[0].series if series.key == key]
        return found

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.db.read() as session:
            found: list[tuple[Any, ...]] = raw(session).execute(query).fetchall()
            return found

    def faults(self) -> list[str]:
        return [code for (code,) in self.rows("SELECT code FROM fault ORDER BY pk")]

    def warnings(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT json_extract(body, '$.code'), ts > 0 FROM event WHERE type = 'warning'")

    def check_sums(self, count: int) -> None:
        """Buckets, on either axis, hold so many points in all."""
        assert self.rows("SELECT count(*) > 2 FROM segment") == [(1,)]
        for axis in Axis:
            counts = self.series(buckets=7, x=axis).count
            assert counts is not None
            assert sum(counts) == count


@pytest.fixture
def reading(db: Database, tmp_path: Path) -> Reading:
    return Reading(db, tmp_path / "logs")


@pytest.mark.parametrize("kind", ["values", "nonfinite"])
def test_of_a_million_names_some_are_kept_and_one_warning_says_so(reading: Reading, kind: str) -> None:
    log, names = reading.log, 0
    lines = []
    for step in range(1, 10_001):
        odd = "nan" if kind == "nonfinite" else 1.0
        point = {kind: {f"m{names + at}": odd for at in range(100)}}
        lines.append(log.line_of_step(step, **{"values": {}, **point}))
        names += 100
    log.raw(b"".join(lines))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.thread_time()
    reading.on()
    assert time.thread_time() - started < 60
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000, "kB"
    assert reading.rows("SELECT step, json_array_length(keys) FROM run") == [(10_000, 10_000)]
    assert reading.rows("SELECT count(*) <= 10000 FROM metric") == [(1,)]
    assert reading.warnings() == [("too_many_metrics", 1)]
    assert sum(n for (n,) in reading.rows("SELECT n FROM segment UNION ALL SELECT count(*) FROM point")) == 10_000


@pytest.fixture
def few(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each run five metrics are known."""
    for module in (points, record):
        monkeypatch.setattr(module, "KNOWN_KEYS", 5)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("kind", ["values", "nonfinite"])
def test_names_past_the_limit_are_refused_in_a_block_and_that_is_told(
    reading: Reading, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the block ends with an event of another kind."""
    monkeypatch.setattr(events_to_rows, "parse", None)
    log = reading.log
    for step in range(1, 30):
        value = 1.0 if kind == "values" else "inf"
        log.step(step, **{"values": {}, kind: {f"m{(step + at) % 7}": value for at in range(3)}})
    log.write(events.Checkpoint, step=29, path="checkpoints/step-29")
    reading.on()
    assert reading.rows("SELECT sum(n) FROM segment") == [(29,)]
    assert [len(series.x) or series.nonfinite[0].count for series in reading.window().runs[0].series]
    assert reading.rows("SELECT json_array_length(keys) FROM run") == [(5,)]
    assert reading.warnings() == [("too_many_metrics", 1)]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("told", [False, True])
def test_a_restart_at_the_limit_tells_of_the_next_name_once(reading: Reading, told: bool) -> None:
    names = [f"m{at}" for at in range(5)]
    reading.log.step(1, values=dict.fromkeys(names, 1.0))
    if told:
        reading.log.step(2, values={"more": 1.0})
    reading.on()
    reading.restart()
    reading.log.step(3, values={"yet another": 1.0}).step(4, values={"one more": 1.0})
    reading.on()
    assert reading.warnings() == [("too_many_metrics", 1)]
    assert [series.key for series in reading.window().runs[0].series] == names


@pytest.mark.parametrize("later", [10, 6000], ids=["before rows", "before blocks"])
@pytest.mark.parametrize("earlier", [10, 6000], ids=["after rows", "after blocks"])
def test_a_line_of_ten_megabytes_costs_itself_alone(reading: Reading, earlier: int, later: int) -> None:
    log = reading.log.steps(1, earlier)
    log.raw(b'{"type":"step","values":{"' + b"x" * (10 << 20) + b'":1}}\n')
    log.steps(earlier + 1, earlier + later)
    reading.on()
    assert reading.series().x == list(range(1, earlier + later + 1))
    assert reading.faults() == ["line_too_long"]
    log.steps(earlier + later + 1, 18_000)
    reading.on()
    assert reading.rows("SELECT count(*) > 0 FROM segment") == [(1,)]
    assert reading.series().x == list(range(1, 18_001))
    assert reading.faults() == ["line_too_long"]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("at_once", [True, False], ids=["in blocks", "line by line"])
class TestInTheMiddleOfWhatIsSealed:
    def read(self, reading: Reading, lines: list[bytes], at_once: bool) -> None:
        for line in [b"".join(lines)] if at_once else lines:
            reading.log.raw(line)
            reading.on()

    def test_half_a_line_is_set_aside_and_the_next_with_it(self, reading: Reading, at_once: bool) -> None:
        lines = [reading.log.line_of_step(step) for step in range(1, 151)]
        lines[70] = lines[70][:40]
        self.read(reading, lines, at_once)
        steps = [step for step in range(1, 151) if step not in (71, 72)]
        assert reading.series().x == steps
        reading.check_sums(len(steps))
        assert reading.faults() == ["bad_json", "seq_gap"]

    def test_a_repeated_seq_is_not_stored_and_a_missing_one_is_told(self, reading: Reading, at_once: bool) -> None:
        log = reading.log
        lines = [log.line_of_step(step) for step in range(1, 151)]
        del lines[69]
        again = log.line_of_step(50, seq=20, values={"train/loss": 999.0})
        log.seq = 151
        lines += [again, *(log.line_of_step(step) for step in range(151, 181))]
        self.read(reading, lines, at_once)
        steps = [step for step in range(1, 181) if step != 70]
        assert reading.series().x == steps
        assert reading.series().mean == [1 / step for step in steps]
        reading.check_sums(len(steps))
        assert reading.faults() == ["seq_gap", "seq_repeat"]

    def test_a_missing_seq_that_comes_late_is_stored(self, reading: Reading, at_once: bool) -> None:
        lines = [reading.log.line_of_step(step) for step in range(1, 151)]
        late = lines.pop(69)
        self.read(reading, [*lines, late], at_once)
        assert reading.series().x == list(range(1, 151))
        reading.check_sums(150)
        assert reading.faults() == ["seq_gap", "seq_repeat"]

    def test_a_clock_that_goes_back_loses_no_point(self, reading: Reading, at_once: bool) -> None:
        log = reading.log
        zero = log.ts
        lines = [log.line_of_step(step, ts=zero + step % 60 - step // 60) for step in range(1, 181)]
        self.read(reading, lines, at_once)
        assert reading.series().x == list(range(1, 181))
        assert reading.series(x=Axis.WALL).x == sorted(zero + step % 60 - step // 60 for step in range(1, 181))
        reading.check_sums(180)
        assert reading.faults() == []

    def test_steps_that_go_back_show_what_was_logged_last(self, reading: Reading, at_once: bool) -> None:
        log = reading.log
        steps = [*range(1, 101), *range(51, 151), *range(3, 9)]
        lines = [log.line_of_step(step, values={"train/loss": float(at)}) for at, step in enumerate(steps)]
        self.read(reading, lines, at_once)
        newest = {step: float(at) for at, step in enumerate(steps)}
        found = reading.series()
        assert dict(zip(found.x, found.mean, strict=True)) == newest
        assert found.x == sorted(newest)
        reading.check_sums(len(steps))
        assert reading.rows("SELECT step FROM run") == [(8,)]
        assert reading.faults() == []
