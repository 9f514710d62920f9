"""The ranks' own checks: a process a rank, as the launcher would choose, which bind their devices and reach each other.

Who watches them stands outside: a rank that hangs, is held back or has died is named by how far it has come.
"""

import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from trainer.contract.text import plural
from trainer.preflight.checks import ALL_REDUCE, DEVICES, PAIRS, Check, Finding, failure, ok
from trainer.preflight.rank_process import Told, stages
from trainer.supervision import launcher, shim
from trainer.supervision.piped_process import Lines, end, exit_text, spawn_module

PASSED = {DEVICES.name: "group", PAIRS.name: "all_reduce", ALL_REDUCE.name: "done"}
"""By a check's name, the stage at which a rank is past it."""
PATIENCE_S = 3600.0
"""How long a rank waits for the others: longer than whoever watches them, or one that waits would be blamed."""
_LOOK_S = 0.05
_BETWEEN_DEATHS_S = 0.5
"""A rank that dies takes others with it: so long is waited for the one that was first to say why."""
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
    error: Told | None = None
    told_at: float = field(default_factory=time.monotonic)


class RankProcesses:
    """The ranks' processes. `await_` each check in its order, then `end`."""

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

    def await_(self, check: Check, limit_s: float, wait: Callable[[], None]) -> Finding:
        """How `check` went, after those before it. `wait` is called meanwhile, and may raise."""
        goal = self._stages.index(PASSED[check.name])
        deadline = time.monotonic() + limit_s
        while True:
            self._listen()
            if (broken := self._broken(check)) is not None:
                return broken
            if all(rank.at >= goal for rank in self._ranks):
                return ok(self._told(check))
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
                told = msgspec.json.decode(line, type=Told)
                rank.told_at = time.monotonic()
                rank.device = told.device or rank.device
                if told.error:
                    rank.error = told
                else:
                    rank.at = self._stages.index(told.stage)

    def _broken(self, check: Check) -> Finding | None:
        """What the first rank that failed or died says of it."""
        gone = [rank for rank in self._ranks if rank.error or rank.lines.ended]
        if not gone:
            return None
        time.sleep(_BETWEEN_DEATHS_S)
        self._listen()
        gone = [rank for rank in self._ranks if rank.error or rank.lines.ended]
        # One that says nothing was killed; those that then lose it say so, and are not to blame.
        first = min(gone, key=lambda rank: (rank.error is not None, rank.told_at))
        where = self._doing(first)
        if first.error is None:
            first.process.wait()
            found = f"{self._called(first)} ended with {exit_text(first.process.returncode)} {where}."
            return failure("rank_died", found, "Look at the log: a library or the driver has ended it.")
        found = f"{self._called(first)} failed {where}: {first.error.error}"
        hint = first.error.hint or "Look at the log; NCCL_DEBUG=INFO says more of a connection."
        return failure(first.error.code or "rank_failed", found, hint)

    def _hung(self, goal: int, limit_s: float) -> Finding:
        behind = [rank for rank in self._ranks if rank.at < goal]
        least, most = (pick(rank.at for rank in self._ranks) for pick in (min, max))
        frozen = [rank for rank in behind if _state(rank.process.pid) in _FROZEN]
        late = frozen or [rank for rank in behind if rank.at == least]
        hint = "Look at its GPU (nvidia-smi) and at the machine's log (dmesg); NCCL_DEBUG=INFO says more."
        details = {"ranks": {str(rank.number): self._stages[rank.at] for rank in self._ranks}}
        if not frozen and least == most:
            found = f"All {len(self._ranks)} ranks stood still for {limit_s:g} s {self._doing(late[0])}."
            return failure("ranks_unconnected", found, hint, **details)
        if not frozen and ">" in self._stages[least]:
            found = f"{self._doing(late[0]).capitalize()} nothing came through within {limit_s:g} s."
            return failure("ranks_unconnected", found, hint, **details)
        names = " and ".join(map(self._called, late))
        found = f"{names} did not reach {self._goal_words(goal)} within {limit_s:g} s: it stood still "
        found += f"{self._doing(late[0])}{', stopped or kept by the kernel' if frozen else ''}."
        return failure("rank_missing", found, hint, **details)

    def _told(self, check: Check) -> str:
        count = len(self._ranks)
        if check is DEVICES:
            devices = [rank.device for rank in self._ranks]
            return f"{plural(count, 'rank')}: {', '.join(devices)}"
        if check is PAIRS:
            return f"{len(self._stages) - 5} messages, each rank to each other"
        return f"{count} ranks added up their numbers, and the sum is right"

    def _called(self, rank: _Rank) -> str:
        return f"Rank {rank.number} (GPU {rank.number})" if self._on_gpus else f"Rank {rank.number}"

    def _doing(self, rank: _Rank) -> str:
        stage = self._stages[rank.at]
        source, to, target = stage.partition(">")
        if to:
            return f"between rank {source} and rank {target}, sending from {source} to {target}"
        words = {"start": "while importing torch", "device": "while binding its device", "done": "after all was done"}
        return {"group": "while looking for the others", "all_reduce": "in the all-reduce"}.get(stage) or words[stage]

    def _goal_words(self, goal: int) -> str:
        words = {"group": "its device", "all_reduce": "the other ranks", "done": "the end of the all-reduce"}
        return words[self._stages[goal]]


def _state(pid: int) -> str:
    try:
        return shim.stat_fields(pid)[0]
    except OSError:
        return "Z"
