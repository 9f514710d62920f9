"""Reads the rows of a run's data set. Which of a table's rows are usable is decided in `trainer.contract.table`."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from trainer.contract.captions import with_trigger
from trainer.contract.config import RunConfig
from trainer.contract.dataset import DatasetConfig, field_of
from trainer.contract.media import is_image
from trainer.contract.messages import Message, message
from trainer.contract.problem import Problem
from trainer.contract.table.reader import Rejected
from trainer.contract.table.usable import read_usable

__all__ = ["Rejected", "Row", "RunTable", "read_rows", "read_table"]


@dataclass(frozen=True)
class Row:
    """One usable line of the table. `line` counts from 1, which is the header's."""

    line: int
    video: str
    path: Path
    prompt: str
    split: str = ""
    """One of `usable.SPLITS`; empty where the table has no such column, or nothing in it."""
    dataset: int = 0
    """The number of its data set among the config's."""

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands among the lines of all data sets."""
        return self.dataset, self.line

    @property
    def is_image(self) -> bool:
        return is_image(self.video)


@dataclass(frozen=True)
class RunTable:
    """A run's tables: their usable rows and the others, each in their order, and notes on them as a whole."""

    rows: list[Row]
    rejected: list[Rejected]
    notes: list[Message]


def read_table(config: RunConfig) -> RunTable:
    """Read the tables of the config's data sets, one after the other, with the trigger words in their captions.

    Raises: Problem where a folder, a table or one of its columns is missing, or it cannot be read.
    """
    found = RunTable([], [], [])
    for number, dataset in enumerate(config.datasets):
        try:
            rows, rejected, notes = _read(dataset, number)
        except Problem as problem:
            raise Problem(problem.said, field_of(number, problem.field or "")) from None
        found.rows.extend(rows)
        found.rejected.extend(rejected)
        found.notes.extend(notes)
    return found


def _read(dataset: DatasetConfig, number: int) -> tuple[list[Row], list[Rejected], list[Message]]:
    """Read one table. Raises: Problem."""
    base = Path(os.path.abspath(dataset.dataset_base_path))
    if not base.is_dir():
        raise Problem(message("dataset_missing.run", folder=base), "dataset_base_path")
    found = read_usable(base, dataset.metadata_path)
    rows = [
        Row(row.line, row.file, Path(row.path), with_trigger(row.caption, dataset.trigger_word), row.split, number)
        for row in found.rows
    ]
    return rows, [replace(row, dataset=number) for row in found.rejected], found.notes


def read_rows(config: RunConfig) -> tuple[list[Row], list[Rejected]]:
    """Read the rows of the config's tables, the usable ones and the others. Raises: Problem."""
    table = read_table(config)
    return table.rows, table.rejected
