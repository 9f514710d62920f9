"""Reads the rows of a run's data set. Which of a table's rows are usable is decided in `trainer.contract.table`."""

import os
from dataclasses import dataclass
from pathlib import Path

from trainer.contract.config import RunConfig
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

    @property
    def is_image(self) -> bool:
        return is_image(self.video)


@dataclass(frozen=True)
class RunTable:
    """A run's table: its usable rows and the others, each in the table's order, and notes on it as a whole."""

    rows: list[Row]
    rejected: list[Rejected]
    notes: list[Message]


def read_table(config: RunConfig) -> RunTable:
    """Read the config's table.

    Raises: Problem where the folder, the table or one of its columns is missing, or it cannot be read.
    """
    base = Path(os.path.abspath(config.dataset_base_path))
    if not base.is_dir():
        raise Problem(message("dataset_missing.run", folder=base), "dataset_base_path")
    found = read_usable(base, config.metadata_path)
    rows = [Row(row.line, row.file, Path(row.path), row.caption, row.split) for row in found.rows]
    return RunTable(rows, found.rejected, found.notes)


def read_rows(config: RunConfig) -> tuple[list[Row], list[Rejected]]:
    """Read the rows of the config's table, the usable ones and the others. Raises: Problem."""
    table = read_table(config)
    return table.rows, table.rejected
