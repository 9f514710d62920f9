"""`loradeck plan`: what a run of a config would take on this machine, by the same arithmetic as POST /api/plan."""

import argparse
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from pydantic import ValidationError

from services.backend.planning import cache_request, dataset_table, trial
from services.backend.planning import plan as planner
from services.backend.planning.cache_count import Counted, count
from services.backend.planning.history import PastRun
from services.backend.planning.merging import merge
from services.backend.planning.samples import Samples, of_number
from services.backend.planning.schemas import PlanRequest
from services.backend.planning.step_time import Machine
from services.backend.planning.text import report
from services.backend.settings import Settings
from trainer.contract.config import RunConfig, parse_config, read_config
from trainer.contract.dataset import DatasetConfig, field_of
from trainer.contract.messages import message
from trainer.contract.problem import Problem
from trainer.hardware.gpus import visible_cards, visible_gpus


def plan(args: argparse.Namespace, settings: Settings) -> int:
    """Print it. Raises: Problem."""
    data = read_config(args.config)
    if args.samples is not None and isinstance(data, dict):
        data = {"dataset_base_path": ".", **data}
    config = parse_config(data)
    try:
        asked = PlanRequest(
            config=data,
            samples=args.samples,
            seconds_per_step=args.seconds_per_step,
            trial=args.trial,
            price_per_hour=args.price,
            done_in_days=args.days,
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]).replace("_", "-")
        raise Problem(message("invalid_flag", name=name, value=first["input"], reason=first["msg"])) from None
    gpus, cards = visible_gpus(), visible_cards()
    past = _past(settings.database, config, gpus)
    memory_bytes = min((card.memory_bytes for card in cards), default=None)
    machine = planner.machine_of(gpus, "this machine", past, memory_bytes)
    if args.samples is not None:
        samples = of_number(args.samples)
    else:
        samples = merge([_count(dataset, number) for number, dataset in enumerate(config.datasets)], config.datasets)
    folder = settings.logs_dir if settings.logs_dir.is_dir() else Path.cwd()
    result = trial.read(settings.logs_dir, asked.trial) if asked.trial is not None else None
    cache = _cached(args, settings, config, machine)
    found = planner.plan(asked, config, planner.PlanInputs(samples, machine, past, folder, result, cache))
    print(found.model_dump_json(indent=2) if args.json else report(found))
    return 0


def _count(dataset: DatasetConfig, number: int) -> Samples:
    """Count the samples of one data set. Raises: Problem."""
    try:
        return dataset_table.of_table(*_paths(dataset))
    except Problem as problem:
        raise Problem(problem.said, field_of(number, problem.field or "")) from None


def _cached(args: argparse.Namespace, settings: Settings, config: RunConfig, machine: Machine) -> Counted | None:
    """Count what of the config's data sets is cached. Raises: Problem."""
    dtype = cache_request.dtype_of(config, machine)
    if args.samples is not None or dtype is None:
        return None
    rows = [row for dataset in config.datasets for row in cache_request.rows_of_table(*_paths(dataset), dataset)]
    return count(settings.logs_dir / cache_request.CACHE, config, dtype, rows)


def _paths(dataset: DatasetConfig) -> tuple[Path, Path]:
    """Return the folder and the table of a data set."""
    base = Path(os.path.abspath(Path(dataset.dataset_base_path).expanduser()))
    return base, dataset.metadata_path.expanduser().absolute()


def _past(database: Path, config: RunConfig, gpus: Sequence[str]) -> list[PastRun]:
    """Earlier runs, where there is a database of this version; it is only read."""
    if not database.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as sql:
            return planner.past_runs(sql, config, gpus)
    except sqlite3.OperationalError:
        return []
