"""Snapshots: the used rows of data sets as tables of the run's own, so that later decisions change no run."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.backend.datasets import export
from services.backend.datasets.store import Store
from services.backend.errors import Invalid
from trainer.contract.config import RunConfig
from trainer.contract.messages import message
from trainer.contract.rundir import write_atomic


@dataclass(frozen=True)
class Table:
    """A table whose paths begin at `base`. `pieces` can be read once."""

    base: Path
    training: int
    validation: int
    pieces: Iterable[bytes]

    def write(self, path: Path) -> None:
        """Write the table. Raises: OSError (a full disk)."""
        write_atomic(path, b"".join(self.pieces))


Tables = Mapping[int, Table]
"""By the number of their data set among the run's."""


def file_name(number: int) -> str:
    """Return the name of a table in the run's folder."""
    return f"dataset-{number + 1}.csv" if number else "dataset.csv"


@contextmanager
def tables(store: Store, dataset_ids: Sequence[int | None]) -> Iterator[Tables]:
    """Take the data sets with these ids as they are at the block's begin. Raises: as `table`."""
    with ExitStack() as opened:
        yield {
            number: opened.enter_context(table(store, dataset_id, number))
            for number, dataset_id in enumerate(dataset_ids)
            if dataset_id is not None
        }


@contextmanager
def table(store: Store, dataset_id: int, number: int) -> Iterator[Table]:
    """Take the data set as it is at the block's begin. Raises: NotFound, Conflict, Invalid if nothing is used."""
    with store.open(dataset_id) as manifest, manifest.read() as sql:
        used, held = sql.execute(
            "SELECT COUNT(*), COALESCE(SUM(split IS 'validation'), 0) FROM item WHERE NOT quarantined"
        ).fetchone()
        if used == held:
            raise Invalid(message("dataset_unused"), id_field(number))
        base, pieces = export.used_table(sql)
        yield Table(base, used - held, held, pieces)


def id_field(number: int) -> str:
    """Return the path in a request of the id of the data set of this number."""
    return f"more_dataset_ids.{number - 1}" if number else "dataset_id"


def with_folders(data: dict[str, Any], folders: Mapping[int, Path]) -> dict[str, Any]:
    """Set the folders of some data sets, by their numbers, in a config that is still to be parsed. Raises: Invalid."""
    found = dict(data)
    more = data.get("more_datasets") or []
    entries = list(more) if isinstance(more, list | tuple) else []
    for number, folder in folders.items():
        paths = {"dataset_base_path": str(folder), "dataset_metadata_path": None}
        if number == 0:
            found |= paths
        elif number > len(entries) or not isinstance(entries[number - 1], dict):
            raise Invalid(message("dataset_id_alone", number=number), id_field(number))
        else:
            entries[number - 1] = {**entries[number - 1], **paths}
            found["more_datasets"] = entries
    return found


def check(config: RunConfig, tables: Tables) -> None:
    """Raises: Invalid if the config holds out clips besides those of a split."""
    held_out = sum(table.validation for table in tables.values())
    if held_out and config.validation_clips is not None:
        raise Invalid(message("validation_twice.snapshot", rows=held_out), "validation_clips")


def placed(config: RunConfig, tables: Tables, folder: Path) -> RunConfig:
    """Return the config with its tables in `folder`."""
    return config.with_datasets(
        dataset.model_copy(update={"dataset_metadata_path": str(folder / file_name(number))})
        if number in tables
        else dataset
        for number, dataset in enumerate(config.datasets)
    )
