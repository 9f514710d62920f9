"""Real runs of small Python children under real shims."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.harness.waiting import until
from trainer.contract import events
from trainer.contract.rundir import Exit, RunDir, State, StopRequest
from trainer.contract.small_file import Unreadable, read_small
from trainer.supervision import launcher

REPOSITORY = Path(__file__).parents[2]


class Supervised:
    """A run of the command `child` as attempt `attempt`, and what can be seen of it from outside.

    A lone string is Python for a child of a line or two.
    """

    def __init__(
        self, path: Path, child: Sequence[str] | str, attempt: int = 1, grace_s: float = 60, kill_s: float = 60
    ) -> None:
        path.mkdir(exist_ok=True)
        self.run, self.attempt = RunDir(path), attempt
        argv = [sys.executable, "-c", child] if isinstance(child, str) else list(child)
        self.shim = launcher.start_shim(self.run, attempt, argv, 1, grace_s=grace_s, kill_s=kill_s)

    def stop(self) -> None:
        self.run.write_stop(StopRequest(attempt=self.attempt, requested_at=time.time()))

    def exit(self) -> Exit:
        """Its exit, once its shim is gone."""
        until(lambda: self.shim.poll() is not None)
        exit = self.run.read_exit()
        assert exit is not None, self.text()
        return exit

    def state(self) -> State:
        """Its state; that of an older attempt does not count."""
        return until(lambda: state if (state := self.run.read_state()) and state.attempt == self.attempt else None)

    def text(self) -> str:
        return self.run.text_log(self.attempt).read_text()

    def numbers(self, count: int) -> list[int]:
        """The first `count` numbers that the child printed: pids, mostly."""
        until(lambda: len(self.text().split()) >= count)
        return [int(word) for word in self.text().split()]

    def events(self) -> list[events.Event]:
        return [events.decode(line) for line in self.run.log(self.attempt, -1).read_bytes().splitlines()]

    def stages(self) -> list[str]:
        return [event.code for event in self.events() if isinstance(event, events.Warning)]


def is_living(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def seen(run: RunDir, attempt: int = 1) -> str:
    """What an onlooker makes of it: alive, ended or lost. The lock first: the exit is written before it is freed."""
    if launcher.is_alive(run):
        return "alive"
    try:
        exit = read_small(run.exit, Exit)
    except Unreadable:
        return "torn"
    return "ended" if exit is not None and exit.attempt == attempt else "lost"


def process(command: Sequence[str], output: Path | None = None) -> "subprocess.Popen[bytes]":
    """A process of its own group that outlives nothing: the test ends it. It prints to `output`, or where we do."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    log = open(output, "wb") if output is not None else None  # noqa: SIM115 -- closed below
    try:
        return subprocess.Popen(command, start_new_session=True, env=environment, stdout=log)
    finally:
        if log is not None:
            log.close()
