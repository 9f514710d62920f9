"""Do the quick checks as the first phase of a run, before any model is loaded.

Those of the machine are done in a child process while this one imports torch, so that a dead disk or driver is named
and not waited for; those of the model's files here, after that.
"""

from pathlib import Path

from trainer.contract.config import RunConfig
from trainer.contract.messages import Message, sentence
from trainer.contract.problem import Problem
from trainer.preflight.checker_process import CheckerProcess, run_check
from trainer.preflight.checks import CHECKS, Check, CheckContext, Finding
from trainer.telemetry.step_log import StepLog

PHASE = "preflight"
BESIDE = ("driver", "shared_memory", "disk", "write_speed")
HERE = ("base", "lora_targets", "tokenizer")


class StartupChecks:
    """Start before torch is imported; call `finish` once DiffSynth is, and `close` whatever happens. For rank 0."""

    def __init__(self, config: RunConfig, logs_dir: Path, log: StepLog, on_cpu: bool, resumes: bool) -> None:
        self._config, self._logs_dir, self._log, self._on_cpu = config, logs_dir, log, on_cpu
        checks = {check.name: check for check in CHECKS}
        here = [name for name in HERE if name != "tokenizer"] if resumes else HERE  # a resumed run has its captions
        self._beside, self._here = ([checks[name] for name in names] for names in (BESIDE, here))
        self._done = 0
        self._checker = CheckerProcess(config, logs_dir, on_cpu)
        for check in self._beside:
            self._checker.ask(check)

    def finish(self) -> None:
        """Log what is not as it should be. Raises: Problem where the run cannot go on."""
        for check in self._beside:
            self._announce(check)
            finding = self._checker.answer(check.limit_of(self._config, {}))
            if finding.standing == "failure":
                found = sentence("check.failed", title=check.title, found=finding.found)
                raise Problem(Message(finding.code, found, finding.hint))
            self._warn(check, finding)
        context = CheckContext(self._config, self._logs_dir, self._on_cpu)
        for check in self._here:
            self._announce(check)
            finding = run_check(check, context)
            if finding.standing == "failure":
                raise Problem(Message(finding.code, finding.found, finding.hint), finding.field)
            self._warn(check, finding)

    def close(self) -> None:
        self._checker.end()

    def _announce(self, check: Check) -> None:
        self._log.phase(PHASE, done=self._done, total=len(self._beside) + len(self._here), item=check.title)
        self._done += 1

    def _warn(self, check: Check, finding: Finding) -> None:
        if finding.standing == "warning":
            text = sentence("check.warned", title=check.title, found=finding.found, hint=finding.hint)
            self._log.warning(Message(f"check_{check.name}", text), **finding.details)
