"""From a plan's request to what of its data set is cached."""

from collections.abc import Callable, Hashable, Iterable
from itertools import chain
from pathlib import Path
from typing import Literal, NamedTuple

from services.backend.datasets.manifest.manifest import version
from services.backend.datasets.store import Store
from services.backend.paths import check_paths
from services.backend.planning import dataset_table
from services.backend.planning.cache_count import Counted, DataRow, count
from services.backend.planning.cache_counts import CacheCounts
from services.backend.planning.schemas import PlanRequest
from services.backend.planning.step_time import Machine, encoder_bytes
from services.backend.settings import Settings
from trainer.contract.captions import texts_of, with_trigger
from trainer.contract.config import RunConfig
from trainer.contract.dataset import DatasetConfig
from trainer.contract.table.usable import read_usable
from trainer.contract.window import Selection

CACHE = ".cache"
"""Among the run folders."""
_counts = CacheCounts()


def cached(
    settings: Settings, store: Store, request: PlanRequest, config: RunConfig, machine: Machine
) -> Counted | Literal["counting"] | None:
    """Return what of the request's data sets is cached, None where it names none.

    Raises: what checking their paths raises.
    """
    if request.samples is not None and not any(one is not None for one in request.dataset_ids):
        return None
    dtype = dtype_of(config, machine)
    if dtype is None:
        return Counted(None, None)
    ids = [*request.dataset_ids, *[None] * len(config.datasets)]
    sources = [
        _of_paths(settings, dataset, number) if one is None else _of_manifest(store, one, dataset)
        for number, (dataset, one) in enumerate(zip(config.datasets, ids, strict=False))
    ]
    cache = settings.logs_dir / CACHE
    state = tuple(source.state for source in sources)
    names = (config.model, config.model_paths, config.tokenizer_path, dtype)
    key = (cache, state, names, (config.shapes, config.max_area, Selection.of(config)))
    rows = chain.from_iterable(source.read() for source in sources)
    return _counts.ask(key, lambda: count(cache, config, dtype, rows)) or "counting"


def dtype_of(config: RunConfig, machine: Machine) -> str | None:
    """Return the number format of the encoders; None where the host that decides it is not known."""
    if not machine.host and config.mixed_precision == "auto":
        return None
    return "fp32" if encoder_bytes(config, machine) == 4 else "bf16"


def rows_of_table(base: Path, table: Path, dataset: DatasetConfig) -> Iterable[DataRow]:
    """Read the usable rows of a data set's table. Raises: Problem."""
    return [DataRow(row.path, _texts(row.caption, dataset)) for row in read_usable(base, table).rows]


class _Source(NamedTuple):
    """One data set: its state and its settings, and what reads its rows."""

    state: Hashable
    read: Callable[[], Iterable[DataRow]]


def _of_paths(settings: Settings, dataset: DatasetConfig, number: int) -> _Source:
    found = check_paths(dataset, number, settings.data_roots)
    base, table = Path(found.dataset_base_path), found.metadata_path
    status = table.stat()
    state = (base, table, status.st_mtime_ns, status.st_size, _settings(dataset))
    return _Source(state, lambda: rows_of_table(base, table, dataset))


def _of_manifest(store: Store, dataset_id: int, dataset: DatasetConfig) -> _Source:
    with store.open(dataset_id) as manifest, manifest.read() as sql:
        state = (str(store.path(dataset_id)), version(sql), _settings(dataset))

    def read() -> Iterable[DataRow]:
        with store.open(dataset_id) as manifest, manifest.read() as sql:
            return [DataRow(path, _texts(caption, dataset)) for path, caption in dataset_table.used_files(sql)]

    return _Source(state, read)


def _settings(dataset: DatasetConfig) -> Hashable:
    """Return what the texts of a data set depend on besides its captions."""
    return dataset.trigger_word, dataset.caption_shuffles, bool(dataset.caption_dropout)


def _texts(caption: str, dataset: DatasetConfig) -> tuple[str, ...]:
    return texts_of(with_trigger(caption, dataset.trigger_word), dataset)
