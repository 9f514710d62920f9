"""The part of a block that a run's summary takes: its newest step, values and phase, its pace, and its end."""

import numpy as np

from services.backend.database.tables import Attempt, Log
from services.backend.ingest.bulk import Digest
from services.backend.metrics.segments import STEP
from services.backend.metrics.sparkline import SPARK_KEY
from services.backend.runs.record import Record
from trainer.contract.events import End, Header, Phase


class RunSummary:
    """The summary of a run while one block of one of its logs is read.

    Logs are read in the order of their attempts: a late line of an older attempt says nothing new about the run.
    """

    def __init__(self, record: Record, log: Log, attempt: Attempt) -> None:
        self._record, self._log, self._attempt = record, log, attempt
        self._first_step = attempt.first_step
        self.last_step = attempt.last_step
        self._last = record.run.last
        self._phase: Phase | None = None
        stepped = max((a.attempt for a in record.attempts.values() if a.first_step is not None), default=0)
        self._is_newest = log.attempt >= stepped

    def take_header(self, header: Header) -> None:
        run, attempt = self._record.run, self._attempt
        if self._log.rank <= 0:
            attempt.started_at = min(attempt.started_at or header.ts, header.ts)
            run.host, run.created_at = header.host, min(run.created_at, header.ts)
        if self._log.rank == 0:
            run.world_size = min(header.world_size, 2**31)

    def take_values(self, kind: int, step: int, ts: float, values: dict[str, float]) -> None:
        """Take one new point of rank 0."""
        if kind == STEP:
            self._take_step(step, ts, values.get(SPARK_KEY))
        if self._is_newest:
            self._last.update(values)

    def begin_steps(self, step: int) -> None:
        """Prepare for the attempt's first step, which is `step`; do nothing if it has one already."""
        if self._is_newest and self._first_step is None:
            self._record.pace.begin()
            self._record.spark.drop_from(step)

    def take_digest(self, digest: Digest) -> None:
        """Take many steps at once, as `take_values` takes one."""
        record = self._record
        if self._is_newest:
            record.pace.add(*digest.times)
            spark_steps = np.frombuffer(digest.spark_steps, np.int64)
            record.spark.add_many(spark_steps, np.frombuffer(digest.spark_values, np.float64))
            self._last.update((name, value) for name, value in digest.last.items() if name in record.keys)
        self.last_step = digest.last_step
        first = digest.least_step
        self._first_step = first if self._first_step is None else min(first, self._first_step)

    def take_phase(self, phase: Phase) -> None:
        self._phase = phase
        if self._log.rank != 0 or not self._is_newest:
            return
        run = self._record.run
        if phase.phase == "train" and phase.total is not None:
            run.total_steps = phase.total
        if phase.details:
            run.machine = phase.details
        self._record.pace.phase(phase.ts, phase.phase, self.last_step or 0)

    def take_end(self, end: End) -> None:
        attempt = self._attempt
        if self._log.rank == 0:
            attempt.end_reason, attempt.end_code, attempt.end_message = end.reason, end.code, end.message
            attempt.end_at = end.ts
        elif self._log.rank == -1:
            attempt.shim_reason = end.reason

    def finish(self) -> bool:
        """Put what was kept here into the rows. Returns whether the run shows another phase."""
        self._attempt.first_step, self._attempt.last_step = self._first_step, self.last_step
        if self._is_newest and self.last_step is not None:
            self._record.run.step = self.last_step
        return self._phase is not None and self._show(self._phase)

    def _take_step(self, step: int, ts: float, loss: float | None) -> None:
        self.begin_steps(step)
        if self._is_newest:
            self._record.pace.add(ts)
            if loss is not None:
                self._record.spark.add(step, loss)
        self.last_step = step
        if self._first_step is None or step < self._first_step:
            self._first_step = step

    def _show(self, phase: Phase) -> bool:
        shown = {"phase": phase.phase, "done": phase.done, "total": phase.total, "item": phase.item, "ts": phase.ts}
        self._log.phase = shown
        rank = self._log.rank
        if self._log.attempt != self._record.run.attempt or rank > 0:
            return False
        if rank != 0 and self._has_phase_of_rank_0():
            return False
        self._record.run.phase = shown
        return True

    def _has_phase_of_rank_0(self) -> bool:
        logs = self._record.logs.values()
        return any(log.rank == 0 and log.attempt == self._log.attempt and log.phase is not None for log in logs)
