"""Data sets on the server's disk: registered by path, checked before a run is queued on them, never copied."""

import csv
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sqlmodel import col, select

from services.backend.errors import Forbidden, Invalid
from services.backend.sets.schemas import DatasetCreate, DatasetRead, DatasetState
from services.backend.settings import Settings
from services.backend.tables import Dataset

if TYPE_CHECKING:
    from services.backend.deck import Deck

COLUMNS = (("video", "image"), ("prompt",))
"""One name of each is enough."""


def list_all(deck: "Deck") -> list[DatasetRead]:
    """The newest first."""
    with deck.db.read() as session:
        return [_read(row) for row in session.exec(select(Dataset).order_by(col(Dataset.id).desc()))]


def register(deck: "Deck", asked: DatasetCreate) -> DatasetRead:
    """Raises: Invalid, Forbidden."""
    base, metadata, rows = check_dataset(
        deck.settings, asked.base_path, asked.metadata_path, fields=("base_path", "metadata_path"), count=True
    )
    with deck.db.write() as write:
        known = write.session.exec(
            select(Dataset).where(Dataset.base_path == str(base), Dataset.metadata_path == str(metadata))
        ).one_or_none()
        row = known or Dataset(
            name="", base_path=str(base), metadata_path=str(metadata), rows=0, created_at=time.time()
        )
        row.name, row.rows = asked.name, rows
        write.session.add(row)
        write.session.flush()
        return _read(row)


def check_dataset(
    settings: Settings, base_path: str, metadata_path: str | None, *, fields: tuple[str, str], count: bool = False
) -> tuple[Path, Path, int]:
    """The folder of a data set and its metadata, absolute, and how many rows that has (1 unless `count`: at least one).

    A relative metadata path is looked for in the folder first. `fields` names the two paths in the request.
    Raises: Invalid, Forbidden.
    """
    base = _confined(settings, base_path, fields[0])
    if not os.path.isdir(base):
        raise Invalid(
            "dataset_missing", f"There is no folder {base}.", "Give the folder that holds the clips.", fields[0]
        )
    if metadata_path is None or os.path.isfile(base / metadata_path):
        metadata = _confined(settings, str(base / (metadata_path or "metadata.csv")), fields[1])
    else:
        metadata = _confined(settings, metadata_path, fields[1])
    if not os.path.isfile(metadata):
        hint = "It is a CSV with the columns video and prompt, one row a clip."
        raise Invalid("metadata_missing", f"There is no file {metadata}.", hint, fields[1])
    return base, metadata, _rows(metadata, fields[1], count)


def check_model_file(settings: Settings, path: str, field: str) -> str:
    """`path` made absolute, once it is known to be there. Raises: Invalid, Forbidden."""
    found = _confined(settings, path, field)
    if not os.path.exists(found):
        hint = "Leave it out to have the model's files downloaded."
        raise Invalid("model_missing", f"There is no file {found}.", hint, field)
    return str(found)


def check_lora_file(settings: Settings, path: str, field: str) -> str:
    """As `check_model_file`, for a LoRA to begin from."""
    found = _confined(settings, path, field)
    if not os.path.isfile(found):
        hint = "Name the safetensors file of a LoRA, or leave it out to begin a fresh one."
        raise Invalid("lora_missing", f"There is no file {found}.", hint, field)
    return str(found)


def _confined(settings: Settings, path: str, field: str) -> Path:
    try:
        resolved = Path(path).expanduser().resolve()
    except (ValueError, RuntimeError, OSError):
        raise Invalid("invalid_path", f"{path[:200]!r} is not a path.", "Give a path on the server.", field) from None
    if not any(resolved.is_relative_to(root) for root in settings.data_roots):
        hint = "Add its folder to LORADECK_DATA_ROOTS (separated by ':') and start Loradeck again."
        raise Forbidden(
            "outside_data_roots", f"{resolved} is in none of the folders that data may lie in.", hint, field
        )
    return resolved


def _rows(metadata: Path, field: str, count: bool) -> int:
    """How many rows there are; 1 for any number above zero unless `count`."""
    try:
        with open(metadata, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            names = {name.strip() for name in reader.fieldnames or ()}
            lacking = [" or ".join(either) for either in COLUMNS if names.isdisjoint(either)]
            if lacking:
                message = f"{metadata} has no column {' and no column '.join(lacking)}."
                raise Invalid("metadata_columns", message, "Its first line is: video,prompt", field)
            rows = sum(1 for _ in reader) if count else int(next(reader, None) is not None)
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        message = f"{metadata} cannot be read as CSV: {error}."
        raise Invalid("metadata_unreadable", message, "Save it as CSV in UTF-8.", field) from None
    if rows == 0:
        raise Invalid("metadata_empty", f"{metadata} has no rows.", "Add one row a clip: video,prompt", field)
    return rows


def _read(row: Dataset) -> DatasetRead:
    assert row.id is not None
    return DatasetRead(
        id=row.id,
        name=row.name,
        base_path=row.base_path,
        metadata_path=row.metadata_path,
        rows=row.rows,
        created_at=row.created_at,
        state=DatasetState.READY,
        importing=None,
        problem=None,
    )
