"""Tasks: work besides runs that is queued here, given to an agent that asks, and read back from its folder.

What a task has found, and whether it has ended, only its facts say. That it is being worked on says an agent.
"""

import json
import secrets
import shutil
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from services.backend.database.db import Write
from services.backend.database.tables import Agent, Task
from services.backend.errors import Conflict, NotFound
from services.backend.schemas import TaskAssignment, TaskRead, TaskState
from trainer.contract.rundir import write_atomic
from trainer.contract.tasks import NEEDS_GPUS, TASKS, Kind, TaskDir

if TYPE_CHECKING:
    from services.backend.runtime import Deck

ONLINE_S = 10.0
"""Agents ask once a second; one that has not asked for so long is offline, and works on nothing that we know of."""
STARTED_IN_VAIN = 3
"""So many processes of a task may end without a word before it counts as failed."""
KEPT_S = 7 * 86400.0
"""How long an ended task that only somebody at a page waits for is kept."""
ANSWERED_BYTES = 1 << 20
_END_BYTES = 1 << 16
"""At the end of the facts, where the newest progress and the end are looked for."""


def queue(
    deck: "Deck", kind: Kind, request: Mapping[str, Any], files: Mapping[str, bytes], task_id: str | None = None
) -> str:
    """Queue a task, with `files` in its folder beside the request; or once more one that has ended, which goes on
    from what it has found. Its id. Raises: Conflict where it has not ended, OSError (a full disk)."""
    _forget_old(deck)
    if task_id is not None:
        _check_ended(deck, task_id)
    task_id = task_id or new_id(kind)
    folder = folder_of(deck, task_id)
    folder.path.mkdir(parents=True, exist_ok=True)
    for name, content in {**files, folder.request.name: json.dumps({**request, "kind": kind}).encode()}.items():
        write_atomic(folder.path / name, content)
    folder.stop.unlink(missing_ok=True)
    now = time.time()
    offset = folder.facts.stat().st_size if folder.facts.exists() else 0
    with deck.db.write() as write:
        known = write.session.get(Task, task_id)
        created_at = known.created_at if known else now
        write.session.merge(Task(id=task_id, kind=kind, created_at=created_at, queued_at=now, offset=offset))
    return task_id


def new_id(kind: Kind) -> str:
    return f"{kind}-{secrets.token_hex(6)}"


def stop(deck: "Deck", task_id: str) -> TaskRead:
    """Ask a task to leave; one that nobody works on is stopped at once. Raises: NotFound."""
    with deck.db.write() as write:
        task = _find(write.session, task_id)
        _settle(deck, task)
        if task.ended is None:
            folder_of(deck, task_id).stop.touch()
            if not _is_alive(write.session, task_id):
                task.ended = TaskState.STOPPED
        write.session.add(task)
    return read(deck, task_id)


def remove(deck: "Deck", task_id: str) -> None:
    """Stop a task and delete what it has found."""
    folder = folder_of(deck, task_id)
    with deck.db.write() as write:
        if (task := write.session.get(Task, task_id)) is not None:
            write.session.delete(task)
    if folder.path.is_dir():
        folder.stop.touch()
        shutil.rmtree(folder.path, ignore_errors=True)


def read(deck: "Deck", task_id: str, after: int | None = None) -> TaskRead:
    """How a task stands and, from the offset `after` on, what it has found: about 1 MB of it. Raises: NotFound."""
    with deck.db.read() as session:
        task = _find(session, task_id)
        session.expunge(task)
        is_alive = _is_alive(session, task_id)
    progress = _settle(deck, task)
    facts, offset = ([], 0) if after is None else folder_of(deck, task_id).read(after, ANSWERED_BYTES)
    return TaskRead(
        id=task.id,
        kind=task.kind,
        state=TaskState(task.ended or (TaskState.RUNNING if is_alive else TaskState.QUEUED)),
        created_at=task.created_at,
        progress=progress,
        code=task.code,
        message=task.message,
        hint=task.hint,
        facts=facts,
        offset=offset,
    )


def folder_of(deck: "Deck", task_id: str) -> TaskDir:
    return TaskDir(deck.settings.logs_dir / TASKS / task_id)


def next_for(deck: "Deck", write: Write, agent_id: str, alive: list[str], *, with_gpus: bool) -> TaskAssignment | None:
    """The task that an agent is to start: the oldest that nobody works on. Those that need GPUs go first, where there
    are any to be had (`with_gpus`); of scans one at a time, for each takes every core."""
    now = time.time()
    found = write.session.exec(select(Task).where(col(Task.ended).is_(None)).order_by(col(Task.queued_at))).all()
    is_scanning = any(task.id in alive for task in found if task.kind not in NEEDS_GPUS)
    for task in sorted(found, key=lambda task: task.kind not in NEEDS_GPUS):
        if task.id in alive or _is_alive(write.session, task.id, but=agent_id):
            continue
        _settle(deck, task)
        if task.ended is None and folder_of(deck, task.id).stop.exists():
            task.ended = TaskState.STOPPED
        if task.ended is None and (with_gpus if task.kind in NEEDS_GPUS else not is_scanning):
            if _starts_in_vain(deck, task):
                continue
            task.claimed_by, task.claimed_at = agent_id, now
            write.session.add(task)
            return TaskAssignment(task_id=task.id)
        write.session.add(task)
    return None


def _starts_in_vain(deck: "Deck", task: Task) -> bool:
    """Count a start; whether there were too many of which nothing came."""
    folder = folder_of(deck, task.id)
    size = folder.facts.stat().st_size if folder.facts.exists() else 0
    task.starts = task.starts + 1 if size == task.size_at_start else 1
    task.size_at_start = size
    if task.starts <= STARTED_IN_VAIN:
        return False
    task.ended, task.code = TaskState.FAILED, "task_dies"
    task.message = f"Its process ended {STARTED_IN_VAIN} times without a word."
    task.hint = f"{folder.text_log} says what it printed last."
    return True


def _settle(deck: "Deck", task: Task) -> dict[str, Any] | None:
    """Note the end that its facts tell of. Returns: the newest progress."""
    folder = folder_of(deck, task.id)
    try:
        size = folder.facts.stat().st_size
    except OSError:
        return None
    # What is cut off at the front is no JSON, and is passed over.
    facts, _ = folder.read(max(task.offset, size - _END_BYTES), _END_BYTES)
    if task.ended is None and facts and facts[-1].get("type") == "end":
        end = facts[-1]
        task.ended = TaskState(end["reason"])
        task.code, task.message, task.hint = (end.get(name, "") for name in ("code", "message", "hint"))
    return next((fact for fact in reversed(facts) if fact.get("type") == "progress"), None)


def _is_alive(session: Session, task_id: str, but: str = "") -> bool:
    """Whether an agent, other than `but`, said not long ago that it works on the task."""
    since = time.time() - ONLINE_S
    agents = session.exec(select(Agent).where(Agent.last_seen_at > since, Agent.agent_id != but))
    return any(task_id in agent.tasks for agent in agents)


def _check_ended(deck: "Deck", task_id: str) -> None:
    """Raises: Conflict."""
    with deck.db.read() as session:
        if session.get(Task, task_id) is None:
            return
        is_alive = _is_alive(session, task_id)
    if is_alive or read(deck, task_id).state is TaskState.QUEUED:
        raise Conflict("task_active", "It is being worked on, or about to be.", "Wait for its end, or stop it first.")


def _find(session: Session, task_id: str) -> Task:
    task = session.get(Task, task_id)
    if task is None:
        raise NotFound("no_task", f"There is no task {task_id[:100]!r}.", "It may have been removed: ask for it anew.")
    return task


def _forget_old(deck: "Deck") -> None:
    with deck.db.read() as session:
        old = session.exec(
            select(Task.id).where(col(Task.kind).in_(NEEDS_GPUS), col(Task.queued_at) < time.time() - KEPT_S)
        ).all()
    for task_id in old:
        remove(deck, task_id)
