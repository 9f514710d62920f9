"""Watch over one attempt of a run: start it, end it in stages, and write exit.json once nothing of it is left.

argv: RUN_DIR ATTEMPT LOCK_FD WORLD_SIZE GRACE_S KILL_S -- COMMAND...

Standard library only, and started with `python -I -S`, so that no broken environment takes it down with the run. It
is a session of its own and a subreaper: whatever the command starts, in whichever session (torchrun gives every
rank its own), is its descendant or becomes its child. It holds the run's lock from before its own birth until it is
gone, so "the lock is free and there is no exit.json" means that the shim was killed. The command dies with it
(PDEATHSIG); the agent sweeps up what is left then.

The stages of a stop, each an event in `<attempt>.shim.jsonl`: `stop_requested` (the trainer reads stop.request
itself and leaves at a step's end), after GRACE_S `sigterm_sent` to the command (at once if the shim itself gets
SIGTERM), and after KILL_S more `sigkill_sent` to every descendant (at once if the shim gets a second SIGTERM).
"""

import collections
import contextlib
import ctypes
import json
import os
import secrets
import signal
import socket
import sys
import time
import traceback
from pathlib import Path
from typing import Any

SCHEMA = 1  # of events.py, which needs msgspec
POLL_S = 0.2
LEFTOVER_S = 2.0
"""How long what outlives the command may take to leave by itself."""

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_WATCHED = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


class EventLog:
    """Appends events to a new file, a whole line or nothing: on a full disk an event is lost, never torn."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o644)
        self._seq = 0

    def write(self, kind: str, **fields: Any) -> None:
        event = {"type": kind, "seq": self._seq, "ts": time.time(), **fields}
        line = json.dumps(event, allow_nan=False).encode() + b"\n"
        size = os.fstat(self._fd).st_size
        try:
            written = os.write(self._fd, line)
        except OSError:
            written = 0
        if written == len(line):
            self._seq += 1
        else:
            os.ftruncate(self._fd, size)


class Attempt:
    """Watch one attempt: `start`, `watch` until nothing is left, `finish`."""

    def __init__(self, run: Path, number: int, grace_s: float, kill_s: float) -> None:
        self.run, self.number, self.grace_s, self.kill_s = run, number, grace_s, kill_s
        self.log = EventLog(run / f"{number}.shim.jsonl")
        self.child: int | None = None
        self.exit_code: int | None = None
        """Of the command, once it is reaped; negative for a signal."""
        self.asked_at: float | None = None
        self.termed_at: float | None = None
        self.killed = False
        self._said: set[str] = set()

    def start(self, command: list[str], world_size: int) -> None:
        self.log.write(
            "header",
            schema=SCHEMA,
            log_id=secrets.token_hex(16),
            run_id=self.run.name,
            attempt=self.number,
            rank=-1,
            world_size=world_size,
            host=socket.gethostname(),
            versions={"python": sys.version.split()[0]},
            details={"command": command, "shim_pid": os.getpid()},
        )
        self.log.write("phase", phase="launch")
        # By these the agent finds what is left of a run whose shim was killed.
        marks = {"LORADECK_RUN_ID": self.run.name, "LORADECK_RUN_DIR": str(self.run)}
        self.child = spawn(command, {**os.environ, **marks})
        state = {
            "attempt": self.number,
            "host": socket.gethostname(),
            "boot_id": boot_id(),
            "shim_pid": os.getpid(),
            "shim_start": started(os.getpid()),
            "init_start": started(1),
            "child_pid": self.child,
            "started_at": time.time(),
        }
        write_atomic(self.run / "state.json", state)

    def watch(self) -> None:
        """Return once the command and all its descendants are gone, having ended them where a stop asked for it."""
        gone_at: float | None = None
        while True:
            self._reap()
            now = time.monotonic()
            self._heed_request(now)
            if self.exit_code is not None:
                left = descendants(os.getpid())
                if not left:
                    return
                gone_at = gone_at or now
                if self.killed or now - gone_at > LEFTOVER_S:
                    self._kill(left, f"{len(left)} processes outlived the trainer and were killed")
            else:
                self._escalate(now)
            received = signal.sigtimedwait(_WATCHED, POLL_S)
            if received is not None and received.si_signo in (signal.SIGTERM, signal.SIGINT):
                self._told_to_leave()

    def finish(self) -> None:
        """Write the `end` event and then exit.json, the last word; on a full disk, as soon as there is room."""
        code, stopped = self.exit_code, self.asked_at is not None
        if stopped or code == 0:
            self.log.write("end", reason="stopped" if stopped else "succeeded")
        else:
            why = "not_started" if code is None else f"exit_{code}" if code > 0 else f"signal_{-code}"
            self.log.write("end", reason="failed", code=why, message=f"The trainer ended with {why}.")
        record = {
            "attempt": self.number,
            "how": "exited",
            "exit_code": code if code is not None and code >= 0 else None,
            "signal": -code if code is not None and code < 0 else None,
            "stop_requested": stopped,
            "killed": self.killed,
            "by_host": stop_reason(self.run, self.number) == "host",
            "ended_at": time.time(),
        }
        while self.run.is_dir():  # a deleted run has no use for it
            try:
                set_aside_folder(self.run / "exit.json")
                return write_atomic(self.run / "exit.json", record)
            except OSError:
                time.sleep(1)

    def kill_all(self) -> None:
        """SIGKILL every descendant until none is left. Waits for those the kernel keeps: they may hold a GPU."""
        while left := descendants(os.getpid()):
            self._kill(left, f"{len(left)} processes were killed")
            signal.sigtimedwait({signal.SIGCHLD}, POLL_S)
            self._reap()

    def _reap(self) -> None:
        """Collect every child that has ended, orphans that became ours among them."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.child:
                self.exit_code = os.waitstatus_to_exitcode(status)

    def _heed_request(self, now: float) -> None:
        """Note a stop request, also after the command has left: it may have read the request before we did."""
        if self.asked_at is None and (reason := stop_reason(self.run, self.number)) is not None:
            self.asked_at = now
            why = "The host is about to stop" if reason == "host" else "A stop was asked for"
            self._say("stop_requested", f"{why}; the trainer finishes its step, saves and leaves.")

    def _escalate(self, now: float) -> None:
        if self.termed_at is None and self.asked_at is not None and now - self.asked_at > self.grace_s:
            self._terminate(now, f"The trainer had not left after {self.grace_s:g} s.")
        if not self.killed and self.termed_at is not None and now - self.termed_at > self.kill_s:
            self._kill_trainer(f"The trainer had not left {self.kill_s:g} s after SIGTERM.")

    def _told_to_leave(self) -> None:
        """Handle SIGTERM or Ctrl-C to the shim itself: pass the first one on, kill at the second."""
        if self.exit_code is not None:
            return
        now = time.monotonic()
        if self.termed_at is None:
            self.asked_at = self.asked_at or now
            self._terminate(now, "The shim was told to leave.")
        elif not self.killed:
            self._kill_trainer("The shim was told twice to leave.")

    def _terminate(self, now: float, why: str) -> None:
        assert self.child is not None
        self.termed_at = now
        self._say("sigterm_sent", f"{why} SIGTERM was sent to it.")
        os.kill(self.child, signal.SIGTERM)  # not reaped yet, so the number is still its own

    def _kill_trainer(self, why: str) -> None:
        self.killed = True
        self._kill(descendants(os.getpid()), f"{why} Its processes were killed.")

    def _kill(self, pids: list[int], why: str) -> None:
        self._say("sigkill_sent", why)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _say(self, code: str, message: str) -> None:
        if code not in self._said:
            self._said.add(code)
            self.log.write("warning", code=code, message=message)


def spawn(command: list[str], environment: dict[str, str]) -> int:
    """Start `command` in a session of its own; it is killed when this process dies. 127 is the end of one not found."""
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(127)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.execvpe(command[0], command, environment)
    except OSError as error:
        os.write(2, f"{command[0]} could not be started: {error.strerror}.\n".encode())
    os._exit(127)


def descendants(root: int) -> list[int]:
    """List the living processes below `root`; zombies do not count."""
    children: dict[int, list[int]] = collections.defaultdict(list)
    living = set()
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                fields = stat_fields(int(name))
                children[int(fields[1])].append(int(name))
                if fields[0] not in "ZX":
                    living.add(int(name))
    found: list[int] = []
    queue = [root]
    while queue:
        below = children[queue.pop()]
        found += [pid for pid in below if pid in living]
        queue += below
    return found


def stat_fields(pid: int) -> list[str]:
    """Read the fields of /proc/<pid>/stat from the third on: state, parent, ...; 19 is the start in ticks from boot."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def started(pid: int) -> int:
    """Return when it started, in clock ticks since boot; 0 if that may not be seen."""
    try:
        return int(stat_fields(pid)[19])
    except OSError:
        return 0


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def stop_reason(run: Path, attempt: int) -> str | None:
    """Read who asks in stop.request; None if there is none, or one left over from an older attempt.

    One that cannot be read counts as none, exactly where it does for the trainer, which else would not leave and then
    be killed. A test holds this equal to `rundir.RunDir.stop_reason`, which needs msgspec.
    """
    try:
        request = json.loads((run / "stop.request").read_bytes().decode())
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(request, dict):
        return None
    number, at, reason = request.get("attempt"), request.get("requested_at"), request.get("reason", "person")
    if type(number) is not int or number != attempt or reason not in ("person", "host"):
        return None
    is_time = isinstance(at, int | float) and not isinstance(at, bool) and abs(at) <= sys.float_info.max
    return str(reason) if is_time else None


def set_aside_folder(path: Path) -> None:
    """Rename a folder that someone has put where a file is to be written. `rundir` does the same."""
    if path.is_dir():
        path.rename(path.with_name(f"{path.name}.{time.time_ns()}"))


def write_atomic(path: Path, record: dict[str, Any]) -> None:
    """Write JSON as `rundir.write_atomic` does, which needs msgspec. A test holds the two equal."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "w") as file:
            json.dump(record, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def main(argv: list[str]) -> int:
    run, number, lock_fd, world_size, grace_s, kill_s, dashes, *command = argv
    assert dashes == "--", "the command follows --"
    signal.pthread_sigmask(signal.SIG_SETMASK, _WATCHED)  # they wait for sigtimedwait
    os.set_inheritable(int(lock_fd), False)
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    attempt = Attempt(Path(run), int(number), float(grace_s), float(kill_s))
    try:
        attempt.start(command, int(world_size))
        attempt.watch()
    except Exception:  # whatever it is, nothing may be left behind and the end must be told
        traceback.print_exc()
        attempt.kill_all()
        attempt.finish()
        return 1
    attempt.finish()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
