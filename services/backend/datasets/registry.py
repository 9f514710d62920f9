"""Data sets on the server's disk: imported by path into manifests, checked before a run is queued, never copied."""

import csv
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sqlmodel import col, select

from services.backend.database.tables import Dataset
from services.backend.datasets import scan
from services.backend.datasets.decisions import actions
from services.backend.datasets.manifest.manifest import get, set_aside
from services.backend.datasets.quality.flagging import JOINED
from services.backend.datasets.schemas import DatasetCreate, DatasetDetail, DatasetRead, DatasetState, ImportProgress
from services.backend.datasets.store import dataset_not_found
from services.backend.errors import Conflict, Forbidden, Invalid, LoradeckError
from services.backend.schemas import ErrorBody
from services.backend.settings import Settings
from services.backend.tasks import queue

if TYPE_CHECKING:
    from services.backend.runtime import Deck

WAIT_S = 2.0
"""How long a registration waits for its import, so that a small one is answered when it is ready."""
TABLES = ("metadata.csv", "metadata.json", "metadata.jsonl")
COLUMNS = (("video", "image"), ("prompt",))
"""Of a run's own table: one name of each is enough."""
_FIELDS = ("base_path", "metadata_path")

_COUNTS = f"""
SELECT COUNT(*) - COALESCE(SUM(is_image), 0) AS videos, COALESCE(SUM(is_image), 0) AS images,
    COALESCE(SUM(quarantined), 0) AS quarantined, COUNT(*) - COALESCE(SUM(quarantined), 0) AS used,
    (SELECT COUNT(*) FROM fault) AS faults,
    COALESCE(SUM(media.is_done IS NOT 1 OR words.key IS NULL), 0) AS unscanned
FROM {JOINED}
"""


def list_all(deck: "Deck") -> list[DatasetRead]:
    """The newest first."""
    with deck.db.read() as session:
        rows = session.exec(select(Dataset).order_by(col(Dataset.id).desc())).all()
        return [_read(deck, row) for row in rows]


def register(deck: "Deck", asked: DatasetCreate) -> DatasetRead:
    """Raises: Invalid, Forbidden, Conflict."""
    base = _folder(deck.settings, asked.base_path, _FIELDS[0])
    source = _source(deck.settings, base, asked.metadata_path)
    with deck.db.write() as write:
        known = write.session.exec(
            select(Dataset).where(Dataset.base_path == str(base), Dataset.metadata_path == str(source))
        ).one_or_none()
        row = known or Dataset(name="", base_path=str(base), metadata_path=str(source), rows=0, created_at=time.time())
        row.name = asked.name
        write.session.add(row)
        write.session.flush()
        dataset_id = row.id or 0
    if known is None:
        deck.sets.forget(dataset_id)  # its id may have been another's, whose deletion was cut short
    running = deck.sets.take_in(dataset_id, base, source)
    if running.over.wait(WAIT_S) and running.problem is not None:
        if known is None:
            _delete_row(deck, dataset_id)
        raise _as_error(running.problem)
    return _read(deck, _row(deck, dataset_id))


def detail(deck: "Deck", dataset_id: int) -> DatasetDetail:
    """Raises: NotFound."""
    read = _read(deck, _row(deck, dataset_id))
    known = dict.fromkeys(("videos", "images", "quarantined", "used", "faults", "unscanned"), 0)
    scan_state, tokenizer, done, undone = scan.state(deck, {}), None, [], []
    try:
        with deck.sets.open(dataset_id) as manifest, manifest.read() as sql:
            known = deck.sets.remembered(sql, ("detail",), lambda: dict(sql.execute(_COUNTS).fetchone()))
            done, undone = actions.last(sql, undone=False), actions.last(sql, undone=True)
            known_scan, tokenizer = get(sql, "scan", {}), get(sql, "tokenizer", None)
        scan_state = scan.state(deck, known_scan)
    except Conflict as error:
        if read.state is not DatasetState.IMPORTING:
            read.state, read.problem = DatasetState.FAILED, error.body
    return DatasetDetail(**read.model_dump(), **known, scan=scan_state, tokenizer=tokenizer, done=done, undone=undone)


def delete(deck: "Deck", dataset_id: int) -> None:
    """Raises: NotFound."""
    _row(deck, dataset_id)
    try:
        with deck.sets.open(dataset_id) as manifest, manifest.read() as sql:
            task_id = get(sql, "scan", {}).get("task_id")
    except Conflict:
        task_id = None
    deck.sets.forget(dataset_id)
    if task_id is not None:
        queue.remove(deck, task_id)
    _delete_row(deck, dataset_id)


def import_again(deck: "Deck", dataset_id: int) -> DatasetDetail:
    """A manifest that is broken is put aside first, since that is what the person was told. Raises: NotFound, Conflict,
    Invalid, Forbidden."""
    row = _row(deck, dataset_id)
    base = _folder(deck.settings, row.base_path, None)
    source = confined(deck.settings, row.metadata_path, None)
    try:
        with deck.sets.open(dataset_id):
            pass
    except Conflict as error:
        if error.body.code == "manifest_newer":
            raise
        if error.body.code == "manifest_broken":
            set_aside(deck.sets.path(dataset_id))
    running = deck.sets.take_in(dataset_id, base, source)
    if running.over.wait(WAIT_S) and running.problem is not None:
        raise _as_error(running.problem)
    return detail(deck, dataset_id)


def check_dataset(
    settings: Settings, base_path: str, metadata_path: str | None, *, fields: tuple[str, str]
) -> tuple[Path, Path]:
    """The folder and the table that a run's config names, absolute, once a run can read them.

    A relative metadata path is looked for in the folder first. `fields` names the two paths in the request.
    Raises: Invalid, Forbidden.
    """
    base = _folder(settings, base_path, fields[0])
    metadata = _beside(settings, base, metadata_path or TABLES[0], fields[1])
    if not os.path.isfile(metadata):
        hint = "It is a CSV with the columns video and prompt, one row a clip."
        raise Invalid("metadata_missing", f"There is no file {metadata}.", hint, fields[1])
    _check_table(metadata, fields[1])
    return base, metadata


def check_model_file(settings: Settings, path: str, field: str) -> str:
    """`path` made absolute, once it is known to be there. Raises: Invalid, Forbidden."""
    found = confined(settings, path, field)
    if not os.path.exists(found):
        hint = "Leave it out to have the model's files downloaded."
        raise Invalid("model_missing", f"There is no file {found}.", hint, field)
    return str(found)


def check_lora_file(settings: Settings, path: str, field: str) -> str:
    """As `check_model_file`, for a LoRA to begin from."""
    found = confined(settings, path, field)
    if not os.path.isfile(found):
        hint = "Name the safetensors file of a LoRA, or leave it out to begin a fresh one."
        raise Invalid("lora_missing", f"There is no file {found}.", hint, field)
    return str(found)


def confined(settings: Settings, path: str, field: str | None) -> Path:
    """`path` with its links resolved, once it is known to lie where data may. Raises: Invalid, Forbidden."""
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


def _folder(settings: Settings, path: str, field: str | None) -> Path:
    base = confined(settings, path, field)
    if not os.path.isdir(base):
        raise Invalid("dataset_missing", f"There is no folder {base}.", "Give the folder that holds the clips.", field)
    return base


def _source(settings: Settings, base: Path, metadata_path: str | None) -> Path:
    """What lists the clips: the table that is named or lies in the folder, else the folder. Raises: Invalid,
    Forbidden."""
    if metadata_path is None:
        metadata_path = next((name for name in TABLES if os.path.isfile(base / name)), None)
    source = base if metadata_path is None else _beside(settings, base, metadata_path, _FIELDS[1])
    if not os.path.exists(source):
        hint = "It is a CSV, TSV, JSON or JSONL with a row a clip, or a folder of clips with .txt captions beside them."
        raise Invalid("metadata_missing", f"There is no file {source}.", hint, _FIELDS[1])
    return source


def _beside(settings: Settings, base: Path, path: str, field: str) -> Path:
    """A relative path begins at the folder, unless only the one from the current folder is there. Raises: Invalid,
    Forbidden."""
    try:
        is_elsewhere = not os.path.exists(base / path) and os.path.exists(path)
    except ValueError:
        is_elsewhere = True  # it is no path, as will be said
    return confined(settings, path if is_elsewhere else str(base / path), field)


def _check_table(metadata: Path, field: str) -> None:
    """That the trainer can read it. Raises: Invalid."""
    try:
        with open(metadata, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            names = {name.strip() for name in reader.fieldnames or ()}
            lacking = [" or ".join(either) for either in COLUMNS if names.isdisjoint(either)]
            if lacking:
                message = f"{metadata} has no column {' and no column '.join(lacking)}."
                hint = "Its first line has to be: video,prompt. A table of another kind can be imported as a data set."
                raise Invalid("metadata_columns", message, hint, field)
            is_empty = next(reader, None) is None
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        message = f"{metadata} cannot be read as CSV: {error}."
        raise Invalid("metadata_unreadable", message, "Save it as CSV in UTF-8.", field) from None
    if is_empty:
        raise Invalid("metadata_empty", f"{metadata} has no rows.", "Add one row a clip: video,prompt", field)


def _row(deck: "Deck", dataset_id: int) -> Dataset:
    """Raises: NotFound."""
    with deck.db.read() as session:
        row = session.get(Dataset, dataset_id)
        if row is None:
            raise dataset_not_found(dataset_id)
        session.expunge(row)
        return row


def _delete_row(deck: "Deck", dataset_id: int) -> None:
    with deck.db.write() as write:
        row = write.session.get(Dataset, dataset_id)
        if row is not None:
            write.session.delete(row)


def _read(deck: "Deck", row: Dataset) -> DatasetRead:
    assert row.id is not None
    running = deck.sets.import_of(row.id)
    is_importing = running is not None and not running.over.is_set()
    problem = running.problem if running is not None else None
    is_there = deck.sets.path(row.id).exists()
    return DatasetRead(
        id=row.id,
        name=row.name,
        base_path=row.base_path,
        metadata_path=row.metadata_path,
        rows=row.rows,
        created_at=row.created_at,
        state=DatasetState.IMPORTING if is_importing else DatasetState.READY if is_there else DatasetState.FAILED,
        importing=ImportProgress(done=running.done) if running is not None and is_importing else None,
        problem=problem,
    )


def _as_error(problem: ErrorBody) -> LoradeckError:
    return Invalid(problem.code, problem.message, problem.hint, problem.field)
