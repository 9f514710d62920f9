"""Tell which entries must stay: those of runs that are alive, queued again, or about to come back by themselves."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from trainer.contract.cache import uses
from trainer.contract.flock import is_held
from trainer.contract.rundir import RunDir, is_run_id

Standing = Literal["alive", "waiting", "ended"]


class Kept(NamedTuple):
    """What must stay in a cache: these keys and, where a run's keys are not known, all of these models; None is all."""

    keys: frozenset[bytes]
    models: frozenset[str] | None

    def keeps(self, model: str, key: str) -> bool:
        return self.models is None or model in self.models or bytes.fromhex(key) in self.keys


def standing(run: RunDir) -> Standing:
    """Tell how a run stands, by the files in its folder.

    "alive" is also one whose end nobody has written down yet; "waiting" is one that is queued again, or that ended with
    its host and comes back.
    """
    state, exit, resume = run.read_state(), run.read_exit(), run.read_resume()
    started, ended = (fact.attempt if fact is not None else 0 for fact in (state, exit))
    if is_held(run.lock) or started > ended:
        return "alive"
    if resume is not None and resume.attempt >= max(started, ended):
        return "waiting"
    return "waiting" if exit is not None and exit.by_host and not exit.stop_requested else "ended"


def kept(cache: Path, roots: list[Path], also: str = "") -> Kept:
    """Find what must stay in the folders `roots` of the cache `cache`, which lies among the run folders.

    `also` is a run that needs its entries whatever its folder says: the one that asks.
    """
    keys, models = set[bytes](), set[str]()
    owned = {root: uses.owners(root) for root in roots}
    for run in _runs(cache.parent, also):
        stands = standing(run) if run.run_id != also else "alive"
        if stands == "ended":
            continue
        state, is_known = run.read_state(), False
        for root in roots:
            if run.run_id not in owned[root]:
                continue
            found = uses.read(owned[root][run.run_id])
            if found is not None:
                keys.update(found.keys)
                is_known = is_known or stands == "waiting" or state is None or found.attempt >= state.attempt
        if not is_known:
            model = _model(run)
            if model is None:
                return Kept(frozenset(keys), None)
            models.add(model)
    return Kept(frozenset(keys), frozenset(models))


def _runs(logs_dir: Path, also: str) -> Iterator[RunDir]:
    with os.scandir(logs_dir) as found:
        names = {entry.name for entry in found if is_run_id(entry.name) and entry.is_dir()}
    names |= {also} - {""}
    return (RunDir(logs_dir / name) for name in names)


def _model(run: RunDir) -> str | None:
    """Read which model a run is of; None if that cannot be read, or is no text."""
    try:
        found = json.loads(run.config.read_bytes())["model"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return found if isinstance(found, str) else None
