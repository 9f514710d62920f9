"""From a plan's request to what of its data set is cached."""

from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import Literal

from services.backend.datasets.manifest.manifest import version
from services.backend.datasets.store import Store
from services.backend.paths import check_dataset
from services.backend.planning import dataset_table
from services.backend.planning.cache_count import Counted, DataRow, count
from services.backend.planning.cache_counts import CacheCounts
from services.backend.planning.schemas import PlanRequest
from services.backend.planning.step_time import Machine, encoder_bytes
from services.backend.settings import Settings
from trainer.contract.config import RunConfig
from trainer.contract.table.usable import read_usable
from trainer.contract.window import Selection

CACHE = ".cache"
"""Among the run folders."""
_counts = CacheCounts()


def cached(
    settings: Settings, store: Store, request: PlanRequest, config: RunConfig, machine: Machine
) -> Counted | Literal["counting"] | None:
    """Return what of the request's data set is cached, None where it names none.

    Raises: what checking the data set's paths raises.
    """
    if request.dataset_id is None and request.samples is not None:
        return None
    dtype = dtype_of(config, machine)
    if dtype is None:
        return Counted(None, None)
    state, rows = _rows(settings, store, request, config)
    cache = settings.logs_dir / CACHE
    names = (config.model, config.model_paths, config.tokenizer_path, dtype)
    key = (cache, state, names, tuple(config.shapes), Selection.of(config))
    return _counts.ask(key, lambda: count(cache, config, dtype, rows())) or "counting"


def dtype_of(config: RunConfig, machine: Machine) -> str | None:
    """Return the number format of the encoders; None where the host that decides it is not known."""
    if not machine.host and config.mixed_precision == "auto":
        return None
    return "fp32" if encoder_bytes(config, machine) == 4 else "bf16"


def rows_of_table(base: Path, table: Path) -> Iterable[DataRow]:
    """Read the usable rows of a table. Raises: Problem."""
    return [DataRow(row.path, row.caption) for row in read_usable(base, table).rows]


def _rows(
    settings: Settings, store: Store, request: PlanRequest, config: RunConfig
) -> tuple[Hashable, Callable[[], Iterable[DataRow]]]:
    """Return which state of which data set it is, and what reads its rows."""
    dataset_id = request.dataset_id
    if dataset_id is None:
        base, table = check_dataset(
            settings.data_roots,
            config.dataset_base_path,
            config.dataset_metadata_path,
            fields=("dataset_base_path", "dataset_metadata_path"),
        )
        status = table.stat()
        return (base, table, status.st_mtime_ns, status.st_size), lambda: rows_of_table(base, table)
    with store.open(dataset_id) as manifest, manifest.read() as sql:
        state = version(sql)

    def of_manifest() -> Iterable[DataRow]:
        with store.open(dataset_id) as manifest, manifest.read() as sql:
            return [DataRow(*row) for row in dataset_table.used_files(sql)]

    return (str(store.path(dataset_id)), state), of_manifest
