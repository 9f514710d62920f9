"""Tasks: work besides runs, queued here, given to an agent that asks for it, and read back from its folder.

Only a task's facts say what it has found and whether it has ended; only an agent says that it works on one.
"""

import json
import secrets
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from services.backend.database.db import Database, Write
from services.backend.database.tables import Agent, Task
from services.backend.errors import Conflict, NotFound
from services.backend.tasks.schemas import TaskAssignment, TaskRead, TaskState
from trainer.contract.rundir import write_atomic
from trainer.contract.tasks import NEEDS_GPUS, TASKS, Kind, TaskDir

ONLINE_S = 10.0
"""Agents ask once a second; one that has not asked for this long is offline and taken to work on nothing."""
SILENT_STARTS = 3
"""A task counts as failed once this many of its processes have ended without writing a fact."""
KEEP_ENDED_S = 7 * 86400.0
"""How long an ended task that only a person at a page waits for is kept."""
ANSWER_BYTES = 1 << 20
_END_BYTES = 1 << 16
"""The newest progress and the end are looked for in this many bytes at the end of the facts."""


def new_task_id(kind: Kind) -> str:
    """Make up the id of a task that `TaskQueue.add` is to queue."""
    return f"{kind}-{secrets.token_hex(6)}"


class TaskQueue:
    """The tasks in `db`, and their folders under `logs_dir`."""

    def __init__(self, db: Database, logs_dir: Path) -> None:
        self._db = db
        self._logs_dir = logs_dir

    def add(
        self, kind: Kind, request: Mapping[str, Any], files: Mapping[str, bytes], task_id: str | None = None
    ) -> str:
        """Queue a task with `files` beside the request in its folder. Returns its id.

        With the `task_id` of a task that has ended, that one is queued again and continues from what it has found.
        Raises: Conflict where it has not ended, OSError (a full disk).
        """
        self._remove_old()
        if task_id is not None:
            self._check_ended(task_id)
        task_id = task_id or new_task_id(kind)
        folder = self.folder(task_id)
        folder.path.mkdir(parents=True, exist_ok=True)
        for name, content in {**files, folder.request.name: json.dumps({**request, "kind": kind}).encode()}.items():
            write_atomic(folder.path / name, content)
        folder.stop.unlink(missing_ok=True)
        now = time.time()
        offset = folder.facts.stat().st_size if folder.facts.exists() else 0
        with self._db.write() as write:
            known = write.session.get(Task, task_id)
            created_at = known.created_at if known else now
            write.session.merge(Task(id=task_id, kind=kind, created_at=created_at, queued_at=now, offset=offset))
        return task_id

    def stop(self, task_id: str) -> TaskRead:
        """Ask a task to leave; one that no agent works on is stopped at once. Raises: NotFound."""
        with self._db.write() as write:
            task = _find(write.session, task_id)
            self._read_end(task)
            if task.ended is None:
                self.folder(task_id).stop.touch()
                if not _is_worked_on(write.session, task_id):
                    task.ended = TaskState.STOPPED
            write.session.add(task)
        return self.read(task_id)

    def remove(self, task_id: str) -> None:
        """Stop a task and delete what it has found."""
        folder = self.folder(task_id)
        with self._db.write() as write:
            if (task := write.session.get(Task, task_id)) is not None:
                write.session.delete(task)
        if folder.path.is_dir():
            folder.stop.touch()
            shutil.rmtree(folder.path, ignore_errors=True)

    def read(self, task_id: str, after: int | None = None) -> TaskRead:
        """Read a task's state and, from the offset `after` (bytes) on, about 1 MB of its facts. Raises: NotFound."""
        with self._db.read() as session:
            task = _find(session, task_id)
            session.expunge(task)
            is_running = _is_worked_on(session, task_id)
        progress = self._read_end(task)
        facts, offset = ([], 0) if after is None else self.folder(task_id).read(after, ANSWER_BYTES)
        return TaskRead(
            id=task.id,
            kind=task.kind,
            state=TaskState(task.ended or (TaskState.RUNNING if is_running else TaskState.QUEUED)),
            created_at=task.created_at,
            progress=progress,
            code=task.code,
            message=task.message,
            hint=task.hint,
            facts=facts,
            offset=offset,
        )

    def folder(self, task_id: str) -> TaskDir:
        """Name a task's folder, whether it is there or not."""
        return TaskDir(self._logs_dir / TASKS / task_id)

    def next_for(self, write: Write, agent_id: str, alive: list[str], *, with_gpus: bool) -> TaskAssignment | None:
        """Assign the oldest task that no agent works on. `alive`: the tasks that this agent works on already.

        Tasks that need GPUs go first if GPUs are free (`with_gpus`). Scans go one at a time: each takes every core.
        """
        now = time.time()
        open_tasks = write.session.exec(
            select(Task).where(col(Task.ended).is_(None)).order_by(col(Task.queued_at))
        ).all()
        is_scanning = any(task.id in alive for task in open_tasks if task.kind not in NEEDS_GPUS)
        for task in sorted(open_tasks, key=lambda task: task.kind not in NEEDS_GPUS):
            if task.id in alive or _is_worked_on(write.session, task.id, except_by=agent_id):
                continue
            self._read_end(task)
            if task.ended is None and self.folder(task.id).stop.exists():
                task.ended = TaskState.STOPPED
            if task.ended is None and (with_gpus if task.kind in NEEDS_GPUS else not is_scanning):
                if self._has_started_too_often(task):
                    continue
                task.claimed_by, task.claimed_at = agent_id, now
                write.session.add(task)
                return TaskAssignment(task_id=task.id)
            write.session.add(task)
        return None

    def _has_started_too_often(self, task: Task) -> bool:
        """Count a start; if too many in a row wrote no fact, end the task as failed."""
        folder = self.folder(task.id)
        size = folder.facts.stat().st_size if folder.facts.exists() else 0
        task.starts = task.starts + 1 if size == task.size_at_start else 1
        task.size_at_start = size
        if task.starts <= SILENT_STARTS:
            return False
        task.ended, task.code = TaskState.FAILED, "task_dies"
        task.message = f"Its process ended {SILENT_STARTS} times without a word."
        task.hint = f"{folder.text_log} says what it printed last."
        return True

    def _read_end(self, task: Task) -> dict[str, Any] | None:
        """Take the end, if its facts report one, into `task`. Returns the newest progress."""
        folder = self.folder(task.id)
        try:
            size = folder.facts.stat().st_size
        except OSError:
            return None
        # A line cut off at the front is no JSON and is skipped.
        facts, _ = folder.read(max(task.offset, size - _END_BYTES), _END_BYTES)
        if task.ended is None and facts and facts[-1].get("type") == "end":
            end = facts[-1]
            task.ended = TaskState(end["reason"])
            task.code, task.message, task.hint = (end.get(name, "") for name in ("code", "message", "hint"))
        return next((fact for fact in reversed(facts) if fact.get("type") == "progress"), None)

    def _check_ended(self, task_id: str) -> None:
        """Raises: Conflict."""
        with self._db.read() as session:
            if session.get(Task, task_id) is None:
                return
            is_running = _is_worked_on(session, task_id)
        if is_running or self.read(task_id).state is TaskState.QUEUED:
            hint = "Wait for its end, or stop it first."
            raise Conflict("task_active", "It is being worked on, or about to be.", hint)

    def _remove_old(self) -> None:
        with self._db.read() as session:
            old = session.exec(
                select(Task.id).where(col(Task.kind).in_(NEEDS_GPUS), col(Task.queued_at) < time.time() - KEEP_ENDED_S)
            ).all()
        for task_id in old:
            self.remove(task_id)


def _find(session: Session, task_id: str) -> Task:
    task = session.get(Task, task_id)
    if task is None:
        raise NotFound("no_task", f"There is no task {task_id[:100]!r}.", "It may have been removed: ask for it anew.")
    return task


def _is_worked_on(session: Session, task_id: str, except_by: str = "") -> bool:
    """Check whether an online agent, other than `except_by`, says that it works on the task."""
    since = time.time() - ONLINE_S
    agents = session.exec(select(Agent).where(Agent.last_seen_at > since, Agent.agent_id != except_by))
    return any(task_id in agent.tasks for agent in agents)
