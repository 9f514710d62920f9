"""A run with its attempts, logs and streams, in memory: loaded, changed and saved within one write transaction.

The follower keeps records between transactions; one is valid while its run's `tick` in the database is the record's.
"""

import sqlite3

from services.backend.database import plain_rows
from services.backend.database.db import Write
from services.backend.database.tables import Attempt, Log, Run, Stream
from services.backend.metrics.segments import STEP, Metrics
from services.backend.metrics.sparkline import Spark
from services.backend.metrics.stream_reader import StreamReader
from services.backend.runs.schemas import RunState, Wanted
from services.backend.runs.states import ENDED, Facts, observe
from trainer.contract.config import ConfigError, RunConfig, parse_stored_config
from trainer.contract.plan.time_left import STEPS as PACED_STEPS
from trainer.contract.plan.time_left import Pace

KNOWN_KEYS = 10_000
"""The most metrics that a run may have."""
TOO_MANY_METRICS = "too_many_metrics"
"""The code of the warning that a run logs more."""


class Record:
    """One run with its attempts by number, its logs by file name, and their streams by log and kind."""

    def __init__(self, run: Run, attempts: list[Attempt], logs: list[Log], streams: list[Stream], pace: Pace) -> None:
        self.run = run
        self.attempts = {attempt.attempt: attempt for attempt in attempts}
        self.logs = {log.name: log for log in logs}
        self.streams = {(stream.log_pk, stream.kind): stream for stream in streams}
        self.metrics = Metrics()
        self.pace = pace
        self._config = _config_of(run)
        self.spark = Spark(run.spark)
        self.keys = set(run.keys)
        self.has_warned = False
        """Whether it was warned that the run has too many metrics."""

    @classmethod
    def load(cls, sql: sqlite3.Connection, run_id: str) -> "Record | None":
        """Load a run; None if there is no such run."""
        found = plain_rows.load(sql, Run, "id = ?", (run_id,))
        if not found:
            return None
        (run,) = found
        attempts = plain_rows.load(sql, Attempt, "run_pk = ?", (run.pk,))
        logs = plain_rows.load(sql, Log, "run_pk = ?", (run.pk,))
        streams = plain_rows.load(sql, Stream, "log_pk IN (SELECT pk FROM log WHERE run_pk = ?)", (run.pk,))
        stepped = max((attempt.attempt for attempt in attempts if attempt.first_step is not None), default=0)
        pace = Pace(run.pace)
        for log in logs:
            if log.attempt == stepped and log.rank == 0 and log.pk is not None:
                pace.add(*StreamReader(sql, log.pk, STEP).last_times(PACED_STEPS + 1))
        record = cls(run, attempts, logs, streams, pace)
        record.has_warned = len(record.keys) >= KNOWN_KEYS and _has_warned(sql, record.pk)
        return record

    @classmethod
    def new(cls, write: Write, run: Run) -> "Record":
        """Make the record of a new run, and insert its row."""
        run.tick = write.tick
        return cls(plain_rows.insert(write.sql, run), [], [], [], Pace())

    @property
    def pk(self) -> int:
        assert self.run.pk is not None
        return self.run.pk

    @property
    def newest(self) -> Attempt | None:
        return self.attempts.get(self.run.attempt)

    def attempt(self, write: Write, number: int) -> Attempt:
        """Return the row of attempt `number`, created if need be. One above all others becomes the run's newest."""
        if number not in self.attempts:
            self.attempts[number] = plain_rows.insert(write.sql, Attempt(run_pk=self.pk, attempt=number))
        if number > self.run.attempt:
            self.run.attempt = number
            self.run.wanted = Wanted.RUN
            self.run.queued_at = None
            self.run.phase = None
        return self.attempts[number]

    def log(self, write: Write, name: str, attempt: int, rank: int) -> Log:
        """Return the row of the log in file `name`, created if need be."""
        if name not in self.logs:
            self.attempt(write, attempt)
            self.logs[name] = plain_rows.insert(write.sql, Log(run_pk=self.pk, name=name, attempt=attempt, rank=rank))
        return self.logs[name]

    def stream(self, write: Write, log_pk: int, kind: int) -> Stream:
        """Return the row of a log's stream of one kind, created if need be."""
        if (log_pk, kind) not in self.streams:
            self.streams[log_pk, kind] = plain_rows.insert(write.sql, Stream(log_pk=log_pk, kind=kind))
        return self.streams[log_pk, kind]

    def has_shim(self, attempt: Attempt) -> bool:
        return attempt.has_shim or any(log.rank == -1 and log.attempt == attempt.attempt for log in self.logs.values())

    def derive_state(self, now: float) -> None:
        """Derive the run's state from the facts. `now` is in Unix seconds."""
        run, newest = self.run, self.newest or Attempt(run_pk=self.pk, attempt=0)
        observed = observe(
            Facts(
                wanted=Wanted(run.wanted),
                queued=run.queued_at is not None,
                folder_missing=run.folder_missing,
                attempt=run.attempt,
                claimed=newest.claimed_by is not None,
                cancelled=newest.cancelled,
                has_shim=self.has_shim(newest),
                stepped=newest.first_step is not None,
                stop_requested=newest.stop_requested,
                end_reason=newest.end_reason,
                end_code=newest.end_code,
                end_message=newest.end_message,
                exit=newest.exit,
                last_words=newest.last_words,
                silent_s=now - run.last_event_at if run.last_event_at is not None else 0.0,
            )
        )
        run.state, run.code, run.message = observed.state, observed.code, observed.message
        run.started_at = newest.started_at
        ended_at = newest.exit["ended_at"] if newest.exit else newest.end_at or run.last_event_at
        run.ended_at = ended_at if observed.state in ENDED and run.attempt > 0 else None

    def count_warnings(self, write: Write) -> None:
        """Count the warnings that a person should see; the note that a stop was requested is not one."""
        (self.run.warnings,) = write.sql.execute(
            "SELECT (SELECT count(*) FROM event WHERE run_pk = ? AND type IN ('warning', 'stall')"
            " AND json_extract(body, '$.code') != 'stop_requested')"
            " + (SELECT count(*) FROM fault WHERE run_pk = ?)",
            (self.pk, self.pk),
        ).fetchone()

    def save(self, write: Write, now: float) -> None:
        """Derive the run's state and write it with its attempts, stamped with this transaction's tick."""
        self.derive_state(now)
        run = self.run
        run.spark = self.spark.stored()
        run.keys = sorted(self.keys)
        run.seconds_per_step = self.pace.seconds_per_step
        run.pace = self.pace.stored()
        run.seconds_left = None
        if run.total_steps is not None:
            run.seconds_left = self.pace.left_s(self._config, run.step, run.total_steps)
        run.tick = write.tick
        plain_rows.update(write.sql, run)
        for attempt in self.attempts.values():
            plain_rows.update(write.sql, attempt)

    @property
    def state(self) -> RunState:
        return RunState(self.run.state)


def _config_of(run: Run) -> RunConfig | None:
    """Parse the config; None if this version does not accept it, as may be with a folder from elsewhere."""
    try:
        return parse_stored_config(run.config)
    except ConfigError:
        return None


def _has_warned(sql: sqlite3.Connection, run_pk: int) -> bool:
    """Check whether an event of the run warns that it has too many metrics."""
    query = (
        "SELECT 1 FROM event WHERE run_pk = ? AND type = 'warning'"
        f" AND json_extract(body, '$.code') = '{TOO_MANY_METRICS}' LIMIT 1"
    )
    return sql.execute(query, (run_pk,)).fetchone() is not None


def run_tick(sql: sqlite3.Connection, run_id: str) -> int | None:
    """Return the tick of the run's last change, or None if there is no such run."""
    row = sql.execute("SELECT tick FROM run WHERE id = ?", (run_id,)).fetchone()
    return None if row is None else int(row[0])
