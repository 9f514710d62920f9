"""`loradeck plan`: what a run of a config would take on this machine, by the same arithmetic as POST /api/plan."""

import argparse
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from services.backend.planning import dataset_table, trial
from services.backend.planning import plan as planner
from services.backend.planning.history import PastRun
from services.backend.planning.samples import of_number
from services.backend.planning.schemas import PlanRequest
from services.backend.planning.text import report
from services.backend.settings import Settings
from trainer.contract.config import Problem, RunConfig, parse_config
from trainer.hardware.gpus import visible_cards, visible_gpus


def plan(args: argparse.Namespace, settings: Settings) -> int:
    """Print it. Raises: Problem."""
    data = _read(args.config)
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
        raise Problem("invalid_flag", f"--{name} is {first['input']!r}.", f"{first['msg']}.") from None
    gpus, cards = visible_gpus(), visible_cards()
    past = _past(settings.database, config, gpus)
    memory_bytes = min((card.memory_bytes for card in cards), default=None)
    machine = planner.machine_of(gpus, "this machine", past, memory_bytes)
    if args.samples is not None:
        samples = of_number(args.samples)
    else:
        base = Path(config.dataset_base_path).expanduser().absolute()
        samples = dataset_table.of_table(base, config.metadata_path.expanduser().absolute())
    folder = settings.logs_dir if settings.logs_dir.is_dir() else Path.cwd()
    result = trial.read(settings.logs_dir, asked.trial) if asked.trial is not None else None
    found = planner.plan(asked, config, planner.PlanInputs(samples, machine, past, folder, result))
    print(found.model_dump_json(indent=2) if args.json else report(found))
    return 0


def _read(path: Path) -> Any:
    """Raises: Problem."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        raise Problem("config_missing", f"There is no config at {path}.", "Check the path.") from None
    except (OSError, ValueError) as error:
        raise Problem("config_unreadable", f"{path} is not readable JSON: {error}.", "Mend the file.") from None


def _past(database: Path, config: RunConfig, gpus: Sequence[str]) -> list[PastRun]:
    """Earlier runs, where there is a database of this version; it is only read."""
    if not database.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as sql:
            return planner.past_runs(sql, config, gpus)
    except sqlite3.OperationalError:
        return []
