"""Paths that requests name: only inside the data roots, and only of files that are there and can be used."""

import os
from collections.abc import Sequence
from pathlib import Path

from services.backend.errors import Forbidden, Invalid
from trainer.contract.dataset import DatasetConfig, field_of
from trainer.contract.messages import message
from trainer.contract.problem import Problem
from trainer.contract.table.columns import RUN_CAPTION_COLUMN, RUN_FILE_COLUMNS
from trainer.contract.table.reader import TableReader

TABLES = ("metadata.csv", "metadata.json", "metadata.jsonl")
"""Names of the table that is looked for in a data set's folder, in this order."""
_BEGIN_BYTES = 2**20
"""How much of a table is read to check it before a run is queued."""


def check_dataset(
    roots: Sequence[Path], base_path: str, metadata_path: str | None, *, fields: tuple[str, str]
) -> tuple[Path, Path]:
    """Return the absolute folder and table that a run's config names, once a run can read them.

    A relative metadata path is looked for in the folder first. `fields` names the two paths in the request.
    Raises: Invalid, Forbidden.
    """
    base = check_folder(roots, base_path, fields[0])
    metadata = _resolve_beside(roots, base, metadata_path or TABLES[0], fields[1])
    if not os.path.isfile(metadata):
        raise Invalid(message("metadata_missing.run_table", path=metadata), fields[1])
    _check_table(metadata, fields[1])
    return base, metadata


def check_paths(dataset: DatasetConfig, number: int, roots: Sequence[Path]) -> DatasetConfig:
    """Check the paths of one data set; absolute in the result. Raises: Invalid, Forbidden."""
    fields = (field_of(number, "dataset_base_path"), field_of(number, "dataset_metadata_path"))
    base, metadata = check_dataset(roots, dataset.dataset_base_path, dataset.dataset_metadata_path, fields=fields)
    return dataset.model_copy(update={"dataset_base_path": str(base), "dataset_metadata_path": str(metadata)})


def check_model_file(roots: Sequence[Path], path: str, field: str) -> str:
    """Return `path` made absolute, once it is known to exist. Raises: Invalid, Forbidden."""
    found = confine(roots, path, field)
    if not os.path.exists(found):
        raise Invalid(message("model_missing", path=found), field)
    return str(found)


def check_lora_file(roots: Sequence[Path], path: str, field: str) -> str:
    """Do as `check_model_file` does, for a LoRA to start from."""
    found = confine(roots, path, field)
    if not os.path.isfile(found):
        raise Invalid(message("lora_missing", path=found), field)
    return str(found)


def check_folder(roots: Sequence[Path], path: str, field: str | None) -> Path:
    """Return a data set's folder with its links resolved. Raises: Invalid, Forbidden."""
    base = confine(roots, path, field)
    if not os.path.isdir(base):
        raise Invalid(message("dataset_missing.clips", folder=base), field)
    return base


def find_source(roots: Sequence[Path], base: Path, metadata_path: str | None, field: str) -> Path:
    """Return what lists a data set's clips: the table that is named or lies in the folder, else the folder itself.

    Raises: Invalid, Forbidden.
    """
    if metadata_path is None:
        metadata_path = next((name for name in TABLES if os.path.isfile(base / name)), None)
    source = base if metadata_path is None else _resolve_beside(roots, base, metadata_path, field)
    if not os.path.exists(source):
        raise Invalid(message("metadata_missing.source", path=source), field)
    return source


def confine(roots: Sequence[Path], path: str, field: str | None) -> Path:
    """Return `path` with its links resolved, once it is known to lie under one of `roots`. Raises: Invalid,
    Forbidden."""
    try:
        resolved = Path(path).expanduser().resolve()
    except (ValueError, RuntimeError, OSError):
        raise Invalid(message("invalid_path", path=path[:200]), field) from None
    if not any(resolved.is_relative_to(root) for root in roots):
        raise Forbidden(message("outside_data_roots", path=resolved), field)
    return resolved


def _resolve_beside(roots: Sequence[Path], base: Path, path: str, field: str) -> Path:
    """Resolve a relative path from the folder, unless it exists only from the current folder. Raises: Invalid,
    Forbidden."""
    try:
        is_elsewhere = not os.path.exists(base / path) and os.path.exists(path)
    except ValueError:
        is_elsewhere = True  # it is no path, which `confine` reports
    return confine(roots, path if is_elsewhere else str(base / path), field)


def _check_table(metadata: Path, field: str) -> None:
    """Check that the trainer can read a table, by its beginning. Raises: Invalid."""
    try:
        with open(metadata, "rb") as file:
            begin = file.read(_BEGIN_BYTES)
        if len(begin) == _BEGIN_BYTES:
            begin = begin[: begin.rfind(b"\n") + 1] or begin
        reader = TableReader(begin)
    except OSError as error:
        raise Invalid(message("metadata_unreadable.run_table", path=metadata, error=error), field) from None
    except Problem as problem:
        raise Invalid(problem.said, field) from None
    lacks_file, lacks_caption = not reader.columns.has(*RUN_FILE_COLUMNS), not reader.columns.has(RUN_CAPTION_COLUMN)
    if lacks_file and lacks_caption:
        raise Invalid(message("metadata_columns.run_table_both", path=metadata), field)
    if lacks_file:
        raise Invalid(message("metadata_columns.run_table_file", path=metadata), field)
    if lacks_caption:
        raise Invalid(message("metadata_columns.run_table_caption", path=metadata), field)
    if next(iter(reader), None) is None:
        raise Invalid(message("metadata_empty.run_table", path=metadata), field)
