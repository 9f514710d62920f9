"""The process on a GPU host that starts runs: claims queued ones from the backend and launches each under its shim. It
also does the backend's tasks, in child processes that leave with it and go on with the next agent.

It holds nothing that matters. Runs go on without it, and the next agent adopts them, because a held lock is all it
needs to know of a live run. It also tells the end of a run whose shim was killed: it sweeps what is left and writes
exit.json. When GPUs that it has begun with are gone, it leaves: a container gets them back only by a new start.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx
import msgspec

from trainer.agent import heartbeat
from trainer.agent.task_processes import Tasks
from trainer.contract.config import Problem
from trainer.contract.rundir import Exit, RunDir, is_run_id, parse_log_name
from trainer.contract.token import TOKEN, TOKEN_FILE
from trainer.hardware.gpus import visible_gpus
from trainer.supervision import shim
from trainer.supervision.launcher import is_alive, launch, take_lock

TICK_S = 1.0
CLAIM_LIMIT_S = 5.0
GPU_LOOK_S = 30.0
"""How often an agent without a run asks after its GPUs."""
LOST_GPUS = 3
"""Its exit status when they are gone."""
REFUSED_S = 60.0
"""A refused token is shown again no sooner: the backend limits how often wrong ones may come from one address."""


class Assignment(msgspec.Struct):
    """What the backend answers to a claim: start this attempt of this run, or this task."""

    run_id: str = ""
    attempt: int = 0
    task_id: str = ""


class Agent:
    """One agent: `run` until SIGTERM. At most one run is alive in its folder at a time, whoever started it."""

    def __init__(self, server: str, logs_dir: Path, agent_id: str, token: str | None = None) -> None:
        self.logs_dir, self.agent_id = logs_dir, agent_id
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.client = httpx.Client(base_url=server, timeout=CLAIM_LIMIT_S, trust_env=False, headers=headers)
        self.gpus = visible_gpus()
        self._looked_at = time.monotonic()
        self.shims: list[subprocess.Popen[bytes]] = []
        """Our children, kept only to be reaped."""
        self.tasks = Tasks(logs_dir, self.gpus)
        self._settled: dict[str, int] = {}
        """Folders with nothing to do, by the modification time that they had then: every launch and end changes it."""
        self._said: dict[str, str] = {}
        self._claims_from = 0.0

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
        """Look at the runs and ask for work. False where the GPUs are gone, with which there is nothing to do."""
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
        """Whether fewer GPUs are here than at the start, also at a second look: one may fail on a busy host."""
        self._looked_at = time.monotonic()
        left = self.gpus
        if not left:
            return False
        for _look in range(2):
            if len(left := visible_gpus()) >= len(self.gpus):
                return False
        message = f"{len(self.gpus)} GPUs were here at the start and nvidia-smi shows {len(left) or 'none'} now"
        print(f"{message}: the agent leaves. `nvidia-smi` and `dmesg` on the host may say why.", flush=True)
        return True

    def survey(self) -> list[str]:
        """The ids of the runs that are alive, having told the end of those that were lost."""
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
                    self._settle(run, attempt)
                self._settled[entry.name] = changed
            except FileNotFoundError:  # deleted while we looked
                continue
            except OSError as error:
                self._say(entry.name, f"{entry.name} cannot be looked after: {error.strerror or error}.")
        return alive

    def _settle(self, run: RunDir, attempt: int) -> None:
        """End a lost attempt for good. The lock keeps others from starting the next one meanwhile."""
        lock = take_lock(run, wait_s=0)
        if lock is None:
            return
        try:
            if has_exit(run, attempt):
                return
            swept = sweep(run.path)
            by_host = fell_with_host(run, attempt)
            run.write_exit(Exit(attempt=attempt, how="lost", killed=bool(swept), by_host=by_host, ended_at=time.time()))
            left = f" {len(swept)} processes of it were killed." if swept else ""
            why = "its host went down under it" if by_host else "its shim is gone"
            print(f"{run.run_id} is lost: {why}.{left}", flush=True)
        finally:
            os.close(lock)

    def claim(self, alive: list[str]) -> Assignment | None:
        """Ask for work. A backend that is away is asked again at the next tick, and mentioned once."""
        if time.monotonic() < self._claims_from:
            return None
        claim = {"agent_id": self.agent_id, "host": socket.gethostname(), "gpus": self.gpus, "alive": alive}
        claim["tasks"] = self.tasks.alive()
        assignment = None
        trouble = ""
        try:
            answer = self.client.post("/api/agents/claim", json=claim)
            if answer.status_code in (200, 204):
                heartbeat.beat(self.logs_dir)
            if answer.status_code == 200:
                assignment = msgspec.json.decode(answer.content, type=Assignment)
            elif answer.status_code == 401:
                self._claims_from = time.monotonic() + REFUSED_S
                trouble = (
                    f"The backend at {self.client.base_url} does not take this agent's token: set {TOKEN} "
                    f"or {TOKEN_FILE} to the backend's, and start the agent again."
                )
            elif answer.status_code == 429:
                trouble = (
                    f"The backend at {self.client.base_url} got too many wrong tokens from this address, and takes "
                    "none for a while: end what sends them; asking on."
                )
            elif answer.status_code != 204:
                trouble = f"The backend refused the claim with {answer.status_code}: {answer.text[:300]}"
        except httpx.HTTPError as error:
            trouble = f"The backend at {self.client.base_url} does not answer ({type(error).__name__}); asking on."
        except msgspec.MsgspecError as error:
            trouble = f"What answers at {self.client.base_url} is no Loradeck of this version: {error}"
        self._say("backend", trouble)
        return assignment

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
        """Print what is new; a trouble that lasts is said once, and so is its end."""
        before = self._said.get(subject, "")
        if trouble != before:
            print(trouble or f"Mended: {before}", flush=True)
            self._said[subject] = trouble


def newest_shim(run: RunDir) -> int | None:
    """The newest attempt that a shim began; None in a folder that was only copied in or is still queued."""
    names = map(parse_log_name, os.listdir(run.path))
    return max((name.attempt for name in names if name and name.rank == -1), default=None)


def has_exit(run: RunDir, attempt: int) -> bool:
    try:
        exit = run.read_exit()
    except msgspec.MsgspecError:
        return False
    return exit is not None and exit.attempt >= attempt


def fell_with_host(run: RunDir, attempt: int) -> bool:
    """Whether the attempt, which is lost, was so by the end of this host: it asked the run to leave, or has been
    started anew since. What another host did is not known here."""
    try:
        state, reason = run.read_state(), run.stop_reason(attempt)
    except msgspec.MsgspecError:
        return False
    if reason is not None:
        return reason == "host"
    if state is None or state.attempt != attempt or state.host != socket.gethostname():
        return False
    return state.boot_id != shim.boot_id() or state.init_start not in (0, shim.started(1))


def sweep(run: Path) -> list[int]:
    """SIGKILL every process that the run's shim started, until none is left. Returns their numbers.

    They are known by the folder in their environment, not the run's id: the copy of a live run's folder is not it.
    Raises: OSError where some do not die within 10 s, so that the run is not called over.
    """
    mark = f"LORADECK_RUN_DIR={run.resolve()}".encode()
    swept: set[int] = set()
    deadline = time.monotonic() + 10
    while found := [pid for pid in _processes() if mark in _environment(pid)]:
        if time.monotonic() > deadline:
            raise OSError(f"processes {found} do not die")
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                swept.add(pid)
        time.sleep(0.02)
    return sorted(swept)


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]


def _environment(pid: int) -> list[bytes]:
    """Empty for what is gone, a zombie, or another user's."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
