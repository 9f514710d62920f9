"""Start what a backend has queued for this GPU host: claim runs and launch each under its shim, and claim tasks and do
them in child processes, which end with the agent and go on with the next one.

It holds nothing that matters. Runs go on without it, and the next agent adopts them, because a held lock is all it
needs to know of a live run. It also tells the end of a run whose shim was killed: it sweeps what is left and writes
exit.json. When GPUs that it has begun with are gone, it leaves: a container gets them back only by a new start.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

from trainer.agent import heartbeat
from trainer.agent.claim_client import Assignment, ClaimClient
from trainer.agent.lost_runs import has_exit, newest_shim, settle
from trainer.agent.task_processes import TaskProcesses
from trainer.contract.config import Problem
from trainer.contract.rundir import RunDir, is_run_id
from trainer.hardware.gpus import visible_gpus
from trainer.supervision.launcher import is_alive, launch

TICK_S = 1.0
GPU_LOOK_S = 30.0
"""How often an agent without a run asks after its GPUs."""
LOST_GPUS = 3
"""Its exit status when they are gone."""


class Agent:
    """Claim, start and sweep up until SIGTERM: `run`. At most one run is alive in its folder, whoever started it."""

    def __init__(self, server: str, logs_dir: Path, agent_id: str, token: str | None = None) -> None:
        self.logs_dir, self.agent_id = logs_dir, agent_id
        self.client = ClaimClient(server, agent_id, token)
        self.gpus = visible_gpus()
        self._looked_at = time.monotonic()
        self.shims: list[subprocess.Popen[bytes]] = []
        """Our children, kept only to be reaped."""
        self.tasks = TaskProcesses(logs_dir, self.gpus)
        self._settled: dict[str, int] = {}
        """Folders with nothing to do, by the modification time that they had then: every launch and end changes it."""
        self._said: dict[str, str] = {}

    def run(self) -> int:
        self.logs_dir.mkdir(parents=True, exist_ok=True)
        signals = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # they wait for sigtimedwait; the shim sets its own mask
        while True:
            if not self.tick():
                self.client.close()
                return LOST_GPUS
            received = signal.sigtimedwait(signals, TICK_S)  # the end of a shim wakes it up
            if received is not None and received.si_signo != signal.SIGCHLD:
                break
            self.shims = [shim for shim in self.shims if shim.poll() is None]
        alive = self.survey()
        self.tasks.end()
        self.client.close()
        heartbeat.end(self.logs_dir)
        print(f"Agent {self.agent_id} leaves" + (f"; {', '.join(alive)} goes on." if alive else "."), flush=True)
        return 0

    def tick(self) -> bool:
        """Look at the runs and ask for work. False if the GPUs are gone: then there is nothing to do."""
        alive = self.survey()
        if not alive and time.monotonic() - self._looked_at > GPU_LOOK_S and self.has_lost_gpus():
            return False
        assignment = self.claim(alive)
        if assignment and assignment.task_id:
            self._say(assignment.task_id, self.tasks.start(assignment.task_id))
        elif assignment and not alive:
            if self.has_lost_gpus():
                return False
            self.start(assignment)
        return True

    def has_lost_gpus(self) -> bool:
        """Tell whether fewer GPUs are here than at the start. Looks twice, for a look may fail on a busy host."""
        self._looked_at = time.monotonic()
        if not self.gpus:
            return False
        left = visible_gpus()
        if len(left) < len(self.gpus):
            left = visible_gpus()
        if len(left) >= len(self.gpus):
            return False
        message = f"{len(self.gpus)} GPUs were here at the start and nvidia-smi shows {len(left) or 'none'} now"
        print(f"{message}: the agent leaves. `nvidia-smi` and `dmesg` on the host may say why.", flush=True)
        return True

    def survey(self) -> list[str]:
        """List the ids of the live runs, and write the end of those that were lost."""
        alive = []
        for entry in sorted(os.scandir(self.logs_dir), key=lambda entry: entry.name):
            try:
                changed = entry.stat().st_mtime_ns
                if not is_run_id(entry.name) or not entry.is_dir() or self._settled.get(entry.name) == changed:
                    continue
                run = RunDir(Path(entry.path))
                if is_alive(run):
                    alive.append(run.run_id)
                    continue
                if (attempt := newest_shim(run)) and not has_exit(run, attempt):
                    settle(run, attempt)
                self._settled[entry.name] = changed
            except FileNotFoundError:  # deleted while we looked
                continue
            except OSError as error:
                self._say(entry.name, f"{entry.name} cannot be looked after: {error.strerror or error}.")
        return alive

    def claim(self, alive: list[str]) -> Assignment | None:
        """Ask for work. A backend that is away is asked again at the next tick, and mentioned once."""
        reply = self.client.claim(self.gpus, alive, self.tasks.alive())
        if reply.reached:
            heartbeat.beat(self.logs_dir)
        self._say("backend", reply.trouble)
        return reply.assignment

    def start(self, assignment: Assignment) -> None:
        run_id, attempt = assignment.run_id, assignment.attempt
        trouble = ""
        try:
            if not is_run_id(run_id):
                raise Problem("bad_run_id", f"The backend named a run {run_id!r}, which is no folder name.")
            self.shims.append(launch(RunDir(self.logs_dir / run_id), attempt))
            print(f"{run_id} attempt {attempt} started.", flush=True)
        except (Problem, OSError) as error:  # a full disk, say: it is offered again at the next tick
            trouble = f"{run_id} cannot be started yet: {error}"
        self._say(run_id, trouble)

    def _say(self, subject: str, trouble: str) -> None:
        """Print a trouble once while it lasts, and once that it is resolved."""
        before = self._said.get(subject, "")
        if trouble != before:
            print(trouble or f"Resolved: {before}", flush=True)
            self._said[subject] = trouble
