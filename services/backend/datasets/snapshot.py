"""Snapshots: the used rows of a data set as a table of the run's own, so that later decisions change no run."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.backend.datasets import export
from services.backend.datasets.store import Store
from services.backend.errors import Invalid
from trainer.contract.config import RunConfig
from trainer.contract.messages import message
from trainer.contract.rundir import write_atomic

TABLE = "dataset.csv"
"""The file's name in the run's folder."""


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


@contextmanager
def table(store: Store, dataset_id: int) -> Iterator[Table]:
    """Take the data set as it is at the block's begin. Raises: NotFound, Conflict, Invalid if nothing is used."""
    with store.open(dataset_id) as manifest, manifest.read() as sql:
        used, held = sql.execute(
            "SELECT COUNT(*), COALESCE(SUM(split IS 'validation'), 0) FROM item WHERE NOT quarantined"
        ).fetchone()
        if used == held:
            raise Invalid(message("dataset_unused"), "dataset_id")
        base, pieces = export.used_table(sql)
        yield Table(base, used - held, held, pieces)


def check(config: RunConfig, table: Table) -> None:
    """Raises: Invalid if the config holds out clips besides those of the split."""
    if table.validation and config.validation_clips is not None:
        raise Invalid(message("validation_twice.snapshot", rows=table.validation), "validation_clips")
