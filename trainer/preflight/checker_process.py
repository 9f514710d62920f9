"""Run checks in a child process (`python -m trainer.preflight.checker_process PARENT STACKS_FD`), and its handle.

It is told by its standard input: first what the checks are about, then the name of each, one JSON value a line. It
answers with lines on its standard output: what it is doing (`at`), and how a check went. What libraries print there
goes to its stderr instead. It ends with its parent.
"""

import faulthandler
import importlib
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from trainer.contract.config import RunConfig
from trainer.contract.messages import message
from trainer.contract.problem import Problem
from trainer.preflight.checks import CHECKS, Check, CheckContext, Finding, failure
from trainer.supervision.piped_process import Lines, die_with, end, exit_text, spawn_module

STACK_LINES = 24


class _Setup(msgspec.Struct):
    config: dict[str, Any]
    logs_dir: str
    on_cpu: bool


class _Answer(msgspec.Struct, omit_defaults=True):
    at: str = ""
    finding: Finding | None = None


class CheckerProcess:
    """Handle a checker process. It is gone once a check has hung or ended it: see `alive`."""

    def __init__(self, config: RunConfig, logs_dir: Path, on_cpu: bool) -> None:
        self._stacks = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by `end`
        fd = self._stacks.fileno()
        self._process = spawn_module("trainer.preflight.checker_process", str(fd), pass_fds=[fd])
        assert self._process.stdout is not None
        self._lines = Lines(self._process.stdout)
        self.alive = True
        self._send(_Setup(config.model_dump(mode="json"), str(logs_dir), on_cpu))

    def ask(self, check: Check) -> None:
        """Have the check done, after those asked for before."""
        self._send(check.name)

    def answer(self, limit_s: float, wait: Callable[[], None] = lambda: None) -> Finding:
        """Wait for the finding of the next check in turn. One that hangs longer than `limit_s` from now, or kills the
        process, is a failure that says so. `wait` is called while nothing comes.
        """
        at, deadline = "", time.monotonic() + limit_s
        while time.monotonic() < deadline:
            line = self._lines.next(min(0.2, max(0.0, deadline - time.monotonic())))
            if line is not None:
                answer = msgspec.json.decode(line, type=_Answer)
                if answer.finding is not None:
                    return answer.finding
                at = answer.at
            elif self._lines.ended:
                self.end()
                return _died(exit_text(self._process.returncode), at)
            else:
                wait()
        stack = self._stack()
        self.end()
        if at:
            return failure(message("check_hung.at", limit_s=limit_s, at=at), stack=stack)
        return failure(message("check_hung", limit_s=limit_s), stack=stack)

    def end(self) -> None:
        """End the process, and whatever it has started."""
        self.alive = False
        end(self._process)
        self._stacks.close()

    def _send(self, value: object) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(msgspec.json.encode(value) + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return  # it has died, which `answer` tells

    def _stack(self) -> str:
        """Read where its main thread stands, innermost call first; empty if it does not tell."""
        self._process.send_signal(signal.SIGUSR1)
        deadline, text = time.monotonic() + 1.0, ""
        while time.monotonic() < deadline and not text.endswith("\n"):
            time.sleep(0.05)
            text = os.pread(self._stacks.fileno(), 1 << 16, 0).decode(errors="replace")
        _, _, main = text.rpartition("Current thread" if "Current thread" in text else "Thread ")
        return "\n".join(main.splitlines()[1 : STACK_LINES + 1])


def _died(how_ended: str, at: str) -> Finding:
    if at:
        return failure(message("check_died.at", end=how_ended, at=at))
    return failure(message("check_died", end=how_ended))


def main(argv: list[str]) -> int:
    parent, stacks_fd = map(int, argv)
    die_with(parent)
    replies = os.dup(1)
    os.dup2(2, 1)
    faulthandler.register(signal.SIGUSR1, os.fdopen(stacks_fd, "w"), all_threads=True)
    encoder = msgspec.json.Encoder()

    def reply(answer: _Answer) -> None:
        os.write(replies, encoder.encode(answer) + b"\n")

    setup = msgspec.json.decode(sys.stdin.buffer.readline(), type=_Setup)
    config = RunConfig.model_validate(setup.config)
    context = CheckContext(config, Path(setup.logs_dir), setup.on_cpu, lambda what: reply(_Answer(at=what)))
    checks = {check.name: check for check in CHECKS}
    for line in sys.stdin.buffer:
        reply(_Answer(finding=run_check(checks[msgspec.json.decode(line, type=str)], context)))
    return 0


def run_check(check: Check, context: CheckContext) -> Finding:
    """Do the check here, in this process. Whatever goes wrong in it is what it has found."""
    try:
        module = importlib.import_module(f"trainer.preflight.{check.module}")
        finding: Finding = getattr(module, check.name)(context)
    except Problem as problem:
        return Finding.of(problem)
    except Exception as error:  # it is what the check is for
        traceback.print_exc()
        text = (str(error).strip().splitlines() or [""])[0][:300]
        return failure(message("check_failed", error=f"{type(error).__name__}: {text}".rstrip(": ")))
    return finding


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
