"""From a request to its plan: checks the config and looks up what the plan needs."""

import time
from collections.abc import Sequence

from sqlmodel import Session, col, select

from services.backend.database.db import Database, raw
from services.backend.database.tables import Agent
from services.backend.datasets.store import Store
from services.backend.paths import check_dataset
from services.backend.planning import cache_request, dataset_table, plan, trial
from services.backend.planning.samples import Samples, of_number
from services.backend.planning.schemas import PlanRead, PlanRequest
from services.backend.settings import Settings
from trainer.contract.config import RunConfig, parse_config

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
    if request.dataset_id is not None:
        with store.open(request.dataset_id) as manifest, manifest.read() as sql:
            found = store.cached(sql, ("plan",), lambda: dataset_table.of_manifest(sql))
        # The table of the rows that a run takes is written when it is started.
        config = parse_config({**request.config, "dataset_base_path": "/", "dataset_metadata_path": None})
        return config, found
    if request.samples is not None:
        return parse_config({"dataset_base_path": ".", **request.config}), of_number(request.samples)
    config = parse_config(request.config)
    base, metadata = check_dataset(
        settings.data_roots,
        config.dataset_base_path,
        config.dataset_metadata_path,
        fields=("dataset_base_path", "dataset_metadata_path"),
    )
    return config, dataset_table.of_table(base, metadata)


def _host(session: Session) -> tuple[str, Sequence[str]]:
    """Find the host that a run would most likely be on, and its GPUs: the last one with GPUs that asked for work."""
    since = time.time() - RECENT_AGENT_S
    agents = session.exec(
        select(Agent).where(Agent.last_seen_at > since).order_by(col(Agent.last_seen_at).desc())
    ).all()
    found = next((agent for agent in agents if agent.gpus), agents[0] if agents else None)
    return (found.host, list(found.gpus)) if found is not None else ("", [])
