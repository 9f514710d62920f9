"""Health: what is wrong now, and what to do about it."""

import shutil
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field
from sqlmodel import Session, col, func, select

from services.backend import __version__
from services.backend.database.cursor import cursor
from services.backend.database.db import Database
from services.backend.database.tables import Run
from services.backend.runs.queries import list_faults
from services.backend.runs.schemas import LogFault
from services.backend.scheduling.claims import list_agents
from services.backend.scheduling.schemas import AgentRead
from services.backend.schemas import Schema
from services.backend.settings import Settings
from trainer.contract.messages import sentence

LOW_DISK_BYTES = 2 << 30
SHOWN_FAULTS = 20


class Health(Schema):
    status: Literal["ok", "degraded"]
    problems: Annotated[list[str], Field(description="Sentences, one a problem; empty when ok.")]
    version: str
    cursor: str
    logs_dir: str
    disk_free_bytes: int
    runs: int
    agents: list[AgentRead]
    faults: Annotated[list[LogFault], Field(description="The newest 20.")]


def read(db: Database, settings: Settings, reading_problems: Sequence[str]) -> Health:
    """Check the agents, the disk, the run folders and the reading of logs (`reading_problems`, sentences)."""
    try:
        free = shutil.disk_usage(settings.logs_dir).free
    except OSError:
        free = 0
    with db.read() as session:
        agents = list_agents(session)
        problems = [*reading_problems, *_problems(session, agents)]
        if not settings.logs_dir.is_dir():
            problems.append(sentence("health.logs_gone", folder=settings.logs_dir))
        elif free < LOW_DISK_BYTES:
            problems.append(sentence("health.low_disk", gib=free / 2**30, folder=settings.logs_dir))
        return Health(
            status="degraded" if problems else "ok",
            problems=problems,
            version=__version__,
            cursor=cursor(session),
            logs_dir=str(settings.logs_dir),
            disk_free_bytes=free,
            runs=session.exec(select(func.count(col(Run.pk)))).one(),
            agents=agents,
            faults=list_faults(session, None, SHOWN_FAULTS),
        )


def _problems(session: Session, agents: list[AgentRead]) -> list[str]:
    problems = []
    if not any(agent.online for agent in agents):
        waiting = session.exec(select(func.count(col(Run.pk))).where(Run.state == "queued")).one()
        problems.append(sentence("health.no_agent.waiting", runs=waiting) if waiting else sentence("health.no_agent"))
    missing = session.exec(select(Run.id).where(col(Run.folder_missing).is_(True)).limit(5)).all()
    if missing:
        problems.append(sentence("health.folder_missing", runs=", ".join(missing)))
    return problems
