"""Keep a GPU host's agent up, and stop its runs in good order when the host is told to stop: `python -m trainer host`.

Runs are no children of it: they are under their shims, which the agent starts, and go on when the agent dies. On
SIGTERM or SIGINT each live run is asked to finish its step, save and leave (`stop.request`, with the reason "host");
whoever is still there after a while gets SIGTERM by its shim, and then SIGKILL. A further signal goes on to the next of
these at once. The backend queues what was stopped so by itself, so that it is resumed when the host is back.
"""

import os
import signal
import sys
import time
from pathlib import Path

from trainer.agent import heartbeat
from trainer.agent.agent import LOST_GPUS
from trainer.agent.lost_runs import newest_shim
from trainer.contract.messages import sentence
from trainer.contract.rundir import RunDir, StopRequest
from trainer.supervision import shim
from trainer.supervision.child import Child
from trainer.supervision.launcher import alive_runs

LOOK_S = 0.2
AGENT_LEAVES_S = 10.0
STOP_LIMIT_S = 100.0
"""How long runs may take to save and leave by themselves. A container's stop_grace_period has to be longer by both
of those that follow."""
TERM_LIMIT_S = 10.0
"""From SIGTERM to SIGKILL."""
KILL_LIMIT_S = 5.0

_END = {signal.SIGTERM, signal.SIGINT}


class Host:
    """Keep one agent up until told to stop: `run`."""

    def __init__(self, server: str, logs_dir: Path, stop_limit_s: float = STOP_LIMIT_S) -> None:
        self.logs_dir, self.stop_limit_s = logs_dir, stop_limit_s
        self._agent = [sys.executable, "-m", "trainer", "agent", "--server", server, "--logs-dir", str(logs_dir)]
        self._asked: set[tuple[str, int]] = set()
        self._signalled: dict[tuple[str, int], int] = {}
        """How many SIGTERMs the shim of an attempt was sent."""
        self._said: set[str] = set()

    def run(self) -> int:
        """Run until told to stop. Returns the exit status: 0 after a stop, LOST_GPUS if the agent left with that."""
        self.logs_dir.mkdir(parents=True, exist_ok=True)
        signal.pthread_sigmask(signal.SIG_BLOCK, {*_END, signal.SIGCHLD})  # they wait for sigtimedwait
        agent = Child("agent", self._agent, {**os.environ, "PYTHONUNBUFFERED": "1"})
        while True:
            received = signal.sigtimedwait({*_END, signal.SIGCHLD}, LOOK_S)
            if received is not None and received.si_signo in _END:
                break
            if agent.process.poll() == LOST_GPUS:
                print(sentence("host.lost_gpus"), flush=True)
                return LOST_GPUS
            if said := agent.look_after():
                print(said, flush=True)
        told = time.monotonic()
        self._end_agent(agent)
        self._end_runs(told)
        print(sentence("host.leaves"), flush=True)
        return 0

    def _end_agent(self, agent: Child) -> None:
        """End the agent before the runs, so that it starts nothing more."""
        if agent.process.poll() is None:
            agent.process.terminate()
        deadline = time.monotonic() + AGENT_LEAVES_S
        while agent.process.poll() is None:
            if time.monotonic() > deadline:
                agent.process.kill()
            signal.sigtimedwait({signal.SIGCHLD}, LOOK_S)
        heartbeat.end(self.logs_dir)

    def _end_runs(self, told: float) -> None:
        """Stop the runs until none is alive or every means has been tried. `told`: when the host was told to stop."""
        signals = 0
        limits_s = [self.stop_limit_s, self.stop_limit_s + TERM_LIMIT_S]
        left: set[str] = set()
        while True:
            alive = alive_runs(self.logs_dir)
            for gone in sorted(left - {run.run_id for run in alive}):
                print(sentence("host.run_left", run=gone), flush=True)
            if not alive:
                return
            left = {run.run_id for run in alive}
            waited_s = time.monotonic() - told
            if waited_s > limits_s[-1] + KILL_LIMIT_S:
                print(sentence("host.waits_no_longer", runs=", ".join(sorted(left))), flush=True)
                return
            stage = max(signals, sum(waited_s > limit_s for limit_s in limits_s))
            for run in alive:
                self._end_run(run, stage)
            if signal.sigtimedwait(_END, LOOK_S) is not None:
                signals += 1

    def _end_run(self, run: RunDir, stage: int) -> None:
        """Ask it to leave; from `stage` 1 on with SIGTERM, at 2 with a second one, at which its shim kills."""
        try:
            attempt = newest_shim(run)
            if attempt is not None:  # else its shim is about to begin its log: at the next look
                self._ask(run, attempt)
                self._signal(run, attempt, min(stage, 2))
        except OSError as error:
            self._tell_once(run, error)

    def _ask(self, run: RunDir, attempt: int) -> None:
        """Write the request once. A disk that takes none is told; signals need no disk."""
        if (run.run_id, attempt) in self._asked:
            return
        try:
            if not run.stop_requested(attempt):  # a person's request stays one
                run.write_stop(StopRequest(attempt=attempt, requested_at=time.time(), reason="host"))
        except OSError as error:
            self._tell_once(run, error)
            return
        self._asked.add((run.run_id, attempt))
        print(sentence("host.asked", run=run.run_id), flush=True)

    def _signal(self, run: RunDir, attempt: int, wanted: int) -> None:
        """Send the shim its next SIGTERM, if it was sent fewer than `wanted`."""
        sent = self._signalled.get((run.run_id, attempt), 0)
        if sent < wanted and (pid := shim_of(run, attempt)) is not None:
            os.kill(pid, signal.SIGTERM)
            self._signalled[run.run_id, attempt] = sent + 1
            print(sentence("host.signal_sent", run=run.run_id, signal="SIGKILL" if sent else "SIGTERM"), flush=True)

    def _tell_once(self, run: RunDir, error: OSError) -> None:
        trouble = sentence("host.not_asked", run=run.run_id, error=error)
        if trouble not in self._said:
            self._said.add(trouble)
            print(trouble, flush=True)


def shim_of(run: RunDir, attempt: int) -> int | None:
    """Find the process id of the attempt's shim; None unless that process is surely still the shim."""
    state = run.read_state()
    if state is None or state.attempt != attempt or shim.started(state.shim_pid) != state.shim_start:
        return None
    return state.shim_pid
