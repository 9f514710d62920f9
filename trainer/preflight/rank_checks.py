"""Check the ranks: start a process for each, as the launcher would, which binds its device and reaches the others.

Who watches them stands outside: a rank that hangs, is held back or has died is named by how far it has come.
"""

import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from trainer.contract.messages import Message, message, sentence
from trainer.preflight.checks import ALL_REDUCE, DEVICES, PAIRS, Check, Finding, failure, ok
from trainer.preflight.rank_process import RankMessage, stages
from trainer.supervision import launcher, shim
from trainer.supervision.piped_process import Lines, end, exit_text, spawn_module

PASSED = {DEVICES.name: "group", PAIRS.name: "all_reduce", ALL_REDUCE.name: "done"}
"""By a check's name, the stage at which a rank is past it."""
PATIENCE_S = 3600.0
"""How long a rank waits for the others: longer than whoever watches them, or one that waits would be blamed."""
_LOOK_S = 0.05
_BETWEEN_DEATHS_S = 0.5
"""Grace period after a rank dies, so that the one that failed first can still report why."""
_FROZEN = "TtD"
"""States of /proc/<pid>/stat: stopped, traced, and in the kernel's keeping."""


@dataclass
class _Rank:
    number: int
    process: "subprocess.Popen[bytes]"
    lines: Lines
    at: int = 0
    """Which of the stages it is in."""
    device: str = ""
    error: RankMessage | None = None
    heard_at: float = field(default_factory=time.monotonic)


class RankProcesses:
    """Handle the ranks' processes: `wait_for` each check in its order, then `end`."""

    def __init__(self, ranks: int, gpus: Sequence[str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="loradeck-ranks-")
        self._stages = stages(ranks)
        self._on_gpus = bool(gpus)
        store = f"{self._folder.name}/store"
        self._ranks = []
        for number in range(ranks):
            place = {"RANK": number, "LOCAL_RANK": number, "WORLD_SIZE": ranks, "LOCAL_WORLD_SIZE": ranks}
            environment = launcher.environment(ranks, list(gpus)) | {name: str(it) for name, it in place.items()}
            process = spawn_module("trainer.preflight.rank_process", store, str(PATIENCE_S), environment=environment)
            assert process.stdout is not None
            self._ranks.append(_Rank(number, process, Lines(process.stdout)))

    def wait_for(self, check: Check, limit_s: float, wait: Callable[[], None]) -> Finding:
        """Wait for `check` to go through. Returns how it went. `wait` is called meanwhile, and may raise."""
        goal = self._stages.index(PASSED[check.name])
        deadline = time.monotonic() + limit_s
        while True:
            self._listen()
            if (broken := self._broken(check)) is not None:
                return broken
            if all(rank.at >= goal for rank in self._ranks):
                return ok(self._passed(check))
            if time.monotonic() >= deadline:
                return self._hung(goal, limit_s)
            wait()
            time.sleep(_LOOK_S)

    def end(self) -> None:
        for rank in self._ranks:
            end(rank.process)
        self._folder.cleanup()

    def _listen(self) -> None:
        for rank in self._ranks:
            while (line := rank.lines.next(0)) is not None:
                message = msgspec.json.decode(line, type=RankMessage)
                rank.heard_at = time.monotonic()
                rank.device = message.device or rank.device
                if message.error:
                    rank.error = message
                else:
                    rank.at = self._stages.index(message.stage)

    def _broken(self, check: Check) -> Finding | None:
        """Describe the failure of the first rank that failed or died; None if none has."""
        gone = [rank for rank in self._ranks if rank.error or rank.lines.ended]
        if not gone:
            return None
        time.sleep(_BETWEEN_DEATHS_S)
        self._listen()
        gone = [rank for rank in self._ranks if rank.error or rank.lines.ended]
        # One that says nothing was killed; those that then lose it say so, and are not to blame.
        first = min(gone, key=lambda rank: (rank.error is not None, rank.heard_at))
        where = self._doing(first)
        if first.error is None:
            first.process.wait()
            ended = exit_text(first.process.returncode)
            return failure(message("rank_died", rank=self._name_of(first), end=ended, doing=where))
        error = first.error
        said = message("rank_failed", rank=self._name_of(first), doing=where, error=error.error)
        return failure(Message(error.code or said.code, said.message, error.hint or said.hint))

    def _hung(self, goal: int, limit_s: float) -> Finding:
        behind = [rank for rank in self._ranks if rank.at < goal]
        least, most = (pick(rank.at for rank in self._ranks) for pick in (min, max))
        frozen = [rank for rank in behind if _state(rank.process.pid) in _FROZEN]
        late = frozen or [rank for rank in behind if rank.at == least]
        details = {"ranks": {str(rank.number): self._stages[rank.at] for rank in self._ranks}}
        if not frozen and least == most:
            said = message(
                "ranks_unconnected.check", ranks=len(self._ranks), limit_s=limit_s, doing=self._doing(late[0])
            )
            return failure(said, **details)
        source, to, target = self._stages[least].partition(">")
        if not frozen and to:
            said = message("ranks_unconnected.pair", source=source, target=target, limit_s=limit_s)
            return failure(said, **details)
        said = message(
            "rank_missing.frozen" if frozen else "rank_missing.check",
            ranks=" and ".join(map(self._name_of, late)),
            goal=sentence(f"goal.{self._stages[goal]}"),
            limit_s=limit_s,
            doing=self._doing(late[0]),
        )
        return failure(said, **details)

    def _passed(self, check: Check) -> Message:
        count = len(self._ranks)
        if check is DEVICES:
            return message("check.devices", ranks=count, devices=", ".join(rank.device for rank in self._ranks))
        if check is PAIRS:
            return message("check.pairs", messages=len(self._stages) - 5)
        return message("check.all_reduce", ranks=count)

    def _name_of(self, rank: _Rank) -> str:
        return sentence("rank.on_gpu" if self._on_gpus else "rank.named", rank=rank.number)

    def _doing(self, rank: _Rank) -> str:
        stage = self._stages[rank.at]
        source, to, target = stage.partition(">")
        if to:
            return sentence("while.pair", source=source, target=target)
        return sentence(f"while.{stage}")


def _state(pid: int) -> str:
    try:
        return shim.stat_fields(pid)[0]
    except OSError:
        return "Z"
