"""The task: does the checks one after the other, each in a child process, and says what was found."""

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
    round_ = _Round(task, request)
    config = round_.settings()
    if config is None:
        for check in (*CHECKS, *RANK_CHECKS):
            round_.skip(check, SETTINGS)
        return
    examined = _Examined(round_, config, request)
    try:
        for check in CHECKS:
            if not round_.skips(check):
                examined.look(check)
    finally:
        examined.end()
    round_.together(config)


class _Round:
    """Tells how each check goes, and remembers it for those that need it."""

    def __init__(self, task: Task, request: Request) -> None:
        self.task, self._limits = task, request.limits
        self._failed: set[str] = set()
        self._done = 0
        self._checks = {check.name: check for check in (SETTINGS, *CHECKS, *RANK_CHECKS)}
        self._config: RunConfig | None = None

    def settings(self) -> RunConfig | None:
        """The config, where it can be run; its paths are read from the task's working folder."""
        began = self.begin(SETTINGS)
        try:
            config = absolute_paths(parse_config(self.task.request["config"]), Path.cwd())
        except ConfigError as error:
            others = [str(other) for other in error.others]
            finding = Finding(
                standing="failure", found=str(error), code=error.code, details={"others": others} if others else {}
            )
            self.tell(SETTINGS, finding, began)
            return None
        said = message("check.settings", model=config.model, shapes=", ".join(map(str, config.shapes)))
        self.tell(SETTINGS, ok(said), began)
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

    def tell(self, check: Check, finding: Finding, began: float) -> None:
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
        self.tell(check, skipped(message("check.skipped", needed=because.title)), time.monotonic())

    def skips(self, check: Check) -> bool:
        """Whether the check has been skipped, for one that it needs did not go well."""
        because = next((name for name in check.needs if name in self._failed), None)
        if because is not None:
            self.skip(check, self._checks[because])
        return because is not None

    def together(self, config: RunConfig) -> None:
        """The ranks' own checks. Raises: Stopped."""
        gpus = visible_gpus()
        ranks = rank_count(config, gpus)
        rank_processes: RankProcesses | None = None
        try:
            for check in RANK_CHECKS:
                if self.skips(check):
                    continue
                began = self.begin(check)
                if ranks == 1 and check is not RANK_CHECKS[0]:
                    self.tell(check, ok(message("check.one_rank")), began)
                    continue
                rank_processes = rank_processes or RankProcesses(ranks, gpus)
                self.tell(check, rank_processes.await_(check, self.limit_of(check), self.task.stop.check), began)
        finally:
            if rank_processes is not None:
                rank_processes.end()

    def _write(self, check: Check, standing: Standing, **fields: Any) -> None:
        limit_s = self.limit_of(check)
        fact = CheckFact(
            ts=time.time(), name=check.name, title=check.title, limit_s=limit_s, standing=standing, **fields
        )
        self.task.facts.write(fact)


class _Examined:
    """The checks of one process, which is started anew where one of them has ended it."""

    def __init__(self, round_: _Round, config: RunConfig, request: Request) -> None:
        self._round, self._config = round_, config
        # A task's folder is <logs_dir>/.tasks/<id>.
        self._logs_dir = Path(request.logs_dir or round_.task.folder.path.parents[1])
        self._checker: CheckerProcess | None = None

    def look(self, check: Check) -> None:
        began = self._round.begin(check)
        if self._checker is None or not self._checker.alive:
            self._checker = CheckerProcess(self._config, self._logs_dir, on_cpu=False)
        self._checker.ask(check)
        limit_s = self._round.limit_of(check)
        self._round.tell(check, self._checker.answer(limit_s, self._round.task.stop.check), began)

    def end(self) -> None:
        if self._checker is not None:
            self._checker.end()
