"""From a request to its plan: checks the config and looks up what the plan needs."""

import time
from collections.abc import Sequence
from pathlib import Path

from sqlmodel import Session, col, select

from services.backend.database.db import Database, raw
from services.backend.database.tables import Agent
from services.backend.datasets import snapshot
from services.backend.datasets.store import Store
from services.backend.paths import check_paths
from services.backend.planning import cache_request, dataset_table, plan, trial
from services.backend.planning.merging import merge
from services.backend.planning.samples import Samples, of_number
from services.backend.planning.schemas import PlanRead, PlanRequest
from services.backend.settings import Settings
from trainer.contract.config import RunConfig, parse_config
from trainer.contract.dataset import DatasetConfig

RECENT_AGENT_S = 7 * 86_400.0
"""A run is not planned for a host that has not asked for work for longer."""


def read(db: Database, settings: Settings, store: Store, request: PlanRequest) -> PlanRead:
    """Plan a run. Raises: ConfigError, Problem, NotFound, Invalid, Forbidden."""
    config, samples = _config_and_samples(settings, store, request)
    with db.read() as session:
        host, gpus = _host(session)
        past = plan.past_runs(raw(session), config, gpus)
    machine = plan.machine_of(gpus, host, past)
    logs_dir = settings.logs_dir
    result = trial.read(logs_dir, request.trial) if request.trial is not None else None
    cache = cache_request.cached(settings, store, request, config, machine)
    return plan.plan(request, config, plan.PlanInputs(samples, machine, past, logs_dir, result, cache))


def _config_and_samples(settings: Settings, store: Store, request: PlanRequest) -> tuple[RunConfig, Samples]:
    ids = {number: one for number, one in enumerate(request.dataset_ids) if one is not None}
    if request.samples is not None and not ids:
        return parse_config({"dataset_base_path": ".", **request.config}), of_number(request.samples)
    # The tables of the rows that a run takes are written when it is started.
    config = parse_config(snapshot.with_folders(request.config, dict.fromkeys(ids, Path("/"))))
    found = [
        _of_registered(store, ids[number]) if number in ids else _of_paths(settings, dataset, number)
        for number, dataset in enumerate(config.datasets)
    ]
    return config, merge(found, config.datasets)


def _of_registered(store: Store, dataset_id: int) -> Samples:
    with store.open(dataset_id) as manifest, manifest.read() as sql:
        return store.cached(sql, ("plan",), lambda: dataset_table.of_manifest(sql))


def _of_paths(settings: Settings, dataset: DatasetConfig, number: int) -> Samples:
    found = check_paths(dataset, number, settings.data_roots)
    return dataset_table.of_table(Path(found.dataset_base_path), found.metadata_path)


def _host(session: Session) -> tuple[str, Sequence[str]]:
    """Find the host that a run would most likely be on, and its GPUs: the last one with GPUs that asked for work."""
    since = time.time() - RECENT_AGENT_S
    agents = session.exec(
        select(Agent).where(Agent.last_seen_at > since).order_by(col(Agent.last_seen_at).desc())
    ).all()
    found = next((agent for agent in agents if agent.gpus), agents[0] if agents else None)
    return (found.host, list(found.gpus)) if found is not None else ("", [])
