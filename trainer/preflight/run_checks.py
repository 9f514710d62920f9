"""Run the task: do the checks one after the other, each in a child process, and write what is found."""

import time
from pathlib import Path
from typing import Any

import msgspec

from trainer.contract.check import CheckFact, Request, Standing
from trainer.contract.config import ConfigError, RunConfig, parse_config
from trainer.contract.messages import message
from trainer.contract.problem import Problem
from trainer.hardware.gpus import visible_gpus
from trainer.preflight.checker_process import CheckerProcess
from trainer.preflight.checks import CHECKS, RANK_CHECKS, SETTINGS, Check, Finding, ok, skipped
from trainer.preflight.rank_checks import RankProcesses
from trainer.supervision.foreground import absolute_paths
from trainer.supervision.launcher import rank_count
from trainer.tasks.runner import Task


def run_checks(task: Task) -> None:
    """Raises: Stopped, Problem where the request cannot be read."""
    try:
        request = msgspec.convert(task.request, Request)
    except msgspec.ValidationError as error:
        raise Problem(message("request_unreadable.check", error=error)) from None
    results = _Results(task, request)
    config = results.settings()
    if config is None:
        for check in (*CHECKS, *RANK_CHECKS):
            results.skip(check, SETTINGS)
        return
    checks = _Checks(results, config, request)
    try:
        for check in CHECKS:
            if not results.skips(check):
                checks.run(check)
    finally:
        checks.end()
    results.check_ranks(config)


class _Results:
    """Write how each check goes, and remember it for the checks that need it."""

    def __init__(self, task: Task, request: Request) -> None:
        self.task, self._limits = task, request.limits
        self._failed: set[str] = set()
        self._done = 0
        self._checks = {check.name: check for check in (SETTINGS, *CHECKS, *RANK_CHECKS)}
        self._config: RunConfig | None = None

    def settings(self) -> RunConfig | None:
        """Read the config; None if it cannot be run. Its paths are read from the task's working folder."""
        began = self.begin(SETTINGS)
        try:
            config = absolute_paths(parse_config(self.task.request["config"]), Path.cwd())
        except ConfigError as error:
            others = [str(other) for other in error.others]
            finding = Finding(
                standing="failure", found=str(error), code=error.code, details={"others": others} if others else {}
            )
            self.finish(SETTINGS, finding, began)
            return None
        if config.max_area is None:
            said = message("check.settings", model=config.model, shapes=", ".join(map(str, config.shapes)))
        else:
            said = message("check.settings.area", model=config.model, frames=config.num_frames, area=config.max_area)
        self.finish(SETTINGS, ok(said), began)
        self._config = config
        return config

    def limit_of(self, check: Check) -> float:
        if self._config is None:
            return self._limits.get(check.name, check.limit_s)
        return check.limit_of(self._config, self._limits)

    def begin(self, check: Check) -> float:
        """Say that the check begins. When it did, on the monotonic clock. Raises: Stopped."""
        self.task.stop.check()
        self.task.progress("check", self._done, len(self._checks), check.title)
        self._write(check, "running")
        return time.monotonic()

    def finish(self, check: Check, finding: Finding, began: float) -> None:
        """Say how the check went."""
        self._done += 1
        if finding.standing in ("failure", "skipped"):
            self._failed.add(check.name)
        self._write(
            check,
            finding.standing,
            found=finding.found,
            hint=finding.hint,
            code=finding.code,
            took_s=round(time.monotonic() - began, 3),
            details=finding.details,
        )

    def skip(self, check: Check, because: Check) -> None:
        self.finish(check, skipped(message("check.skipped", needed=because.title)), time.monotonic())

    def skips(self, check: Check) -> bool:
        """Skip the check if one that it needs did not go well. Tells whether it was skipped."""
        because = next((name for name in check.needs if name in self._failed), None)
        if because is not None:
            self.skip(check, self._checks[because])
        return because is not None

    def check_ranks(self, config: RunConfig) -> None:
        """Do the checks of the ranks. Raises: Stopped."""
        gpus = visible_gpus()
        ranks = rank_count(config, gpus)
        rank_processes: RankProcesses | None = None
        try:
            for check in RANK_CHECKS:
                if self.skips(check):
                    continue
                began = self.begin(check)
                if ranks == 1 and check is not RANK_CHECKS[0]:
                    self.finish(check, ok(message("check.one_rank")), began)
                    continue
                rank_processes = rank_processes or RankProcesses(ranks, gpus)
                self.finish(check, rank_processes.wait_for(check, self.limit_of(check), self.task.stop.check), began)
        finally:
            if rank_processes is not None:
                rank_processes.end()

    def _write(self, check: Check, standing: Standing, **fields: Any) -> None:
        limit_s = self.limit_of(check)
        fact = CheckFact(
            ts=time.time(), name=check.name, title=check.title, limit_s=limit_s, standing=standing, **fields
        )
        self.task.facts.write(fact)


class _Checks:
    """Do checks in one process, which is started again if a check has ended it."""

    def __init__(self, results: _Results, config: RunConfig, request: Request) -> None:
        self._results, self._config = results, config
        # A task's folder is <logs_dir>/.tasks/<id>.
        self._logs_dir = Path(request.logs_dir or results.task.folder.path.parents[1])
        self._checker: CheckerProcess | None = None

    def run(self, check: Check) -> None:
        began = self._results.begin(check)
        if self._checker is None or not self._checker.alive:
            self._checker = CheckerProcess(self._config, self._logs_dir, on_cpu=False)
        self._checker.ask(check)
        limit_s = self._results.limit_of(check)
        self._results.finish(check, self._checker.answer(limit_s, self._results.task.stop.check), began)

    def end(self) -> None:
        if self._checker is not None:
            self._checker.end()
