"""The registry of data sets on the server's disk: imported by path into manifests, never copied."""

import time

from sqlmodel import col, select

from services.backend.database.tables import Dataset
from services.backend.datasets import scan
from services.backend.datasets.decisions import actions
from services.backend.datasets.manifest.manifest import get, set_aside
from services.backend.datasets.quality.flagging import JOINED
from services.backend.datasets.schemas import DatasetCreate, DatasetDetail, DatasetRead, DatasetState, ImportProgress
from services.backend.datasets.store import Store, dataset_not_found
from services.backend.errors import Conflict, Invalid
from services.backend.paths import check_folder, confine, find_source
from trainer.contract.scan import SCANNER

WAIT_S = 2.0
"""How long a registration waits for its import, so that a small data set is ready in the answer."""

_COUNTS = f"""
SELECT COUNT(*) - COALESCE(SUM(is_image), 0) AS videos, COALESCE(SUM(is_image), 0) AS images,
    COALESCE(SUM(quarantined), 0) AS quarantined, COUNT(*) - COALESCE(SUM(quarantined), 0) AS used,
    (SELECT COUNT(*) FROM fault) AS faults,
    COALESCE(SUM(media.is_done IS NOT 1 OR words.key IS NULL), 0) AS unscanned,
    COALESCE(SUM(media.is_done AND media.scanner < {SCANNER}), 0) AS outdated
FROM {JOINED}
"""


def list_all(store: Store) -> list[DatasetRead]:
    """List all data sets, the newest first."""
    with store.db.read() as session:
        rows = session.exec(select(Dataset).order_by(col(Dataset.id).desc())).all()
        return [_read(store, row) for row in rows]


def register(store: Store, request: DatasetCreate) -> DatasetRead:
    """Register a data set and import it; one of the same source is imported again. Raises: Invalid, Forbidden,
    Conflict."""
    base = check_folder(store.data_roots, request.base_path, "base_path")
    source = find_source(store.data_roots, base, request.metadata_path, "metadata_path")
    with store.db.write() as write:
        known = write.session.exec(
            select(Dataset).where(Dataset.base_path == str(base), Dataset.metadata_path == str(source))
        ).one_or_none()
        row = known or Dataset(name="", base_path=str(base), metadata_path=str(source), rows=0, created_at=time.time())
        row.name = request.name
        write.session.add(row)
        write.session.flush()
        dataset_id = row.id or 0
    if known is None:
        store.delete(dataset_id)  # the id may have been that of another one, whose deletion was cut short
    running = store.start_import(dataset_id, base, source)
    if running.over.wait(WAIT_S) and running.problem is not None:
        if known is None:
            _delete_row(store, dataset_id)
        raise Invalid(running.problem.said, running.problem.field)
    return _read(store, _row(store, dataset_id))


def detail(store: Store, dataset_id: int) -> DatasetDetail:
    """Read all about one data set. Raises: NotFound."""
    read = _read(store, _row(store, dataset_id))
    known = dict.fromkeys(("videos", "images", "quarantined", "used", "faults", "unscanned", "outdated"), 0)
    scan_state, tokenizer, done, undone, notes = scan.state(store, {}), None, [], [], []
    try:
        with store.open(dataset_id) as manifest, manifest.read() as sql:
            known = store.cached(sql, ("detail",), lambda: dict(sql.execute(_COUNTS).fetchone()))
            done, undone = actions.last(sql, undone=False), actions.last(sql, undone=True)
            known_scan, tokenizer, notes = get(sql, "scan", {}), get(sql, "tokenizer", None), get(sql, "notes", [])
        scan_state = scan.state(store, known_scan)
    except Conflict as error:
        if read.state is not DatasetState.IMPORTING:
            read.state, read.problem = DatasetState.FAILED, error.body
    about = {"scan": scan_state, "tokenizer": tokenizer, "done": done, "undone": undone, "notes": notes}
    return DatasetDetail(**read.model_dump(), **known, **about)


def delete(store: Store, dataset_id: int) -> None:
    """Delete a data set with its manifest and its scan; the source stays. Raises: NotFound."""
    _row(store, dataset_id)
    try:
        with store.open(dataset_id) as manifest, manifest.read() as sql:
            task_id = get(sql, "scan", {}).get("task_id")
    except Conflict:
        task_id = None
    store.delete(dataset_id)
    if task_id is not None:
        store.tasks.remove(task_id)
    _delete_row(store, dataset_id)


def import_again(store: Store, dataset_id: int) -> DatasetDetail:
    """Read the source again. A broken manifest is moved aside first, as its message promises.

    Raises: NotFound, Conflict, Invalid, Forbidden.
    """
    row = _row(store, dataset_id)
    base = check_folder(store.data_roots, row.base_path, None)
    source = confine(store.data_roots, row.metadata_path, None)
    try:
        with store.open(dataset_id):
            pass
    except Conflict as error:
        if error.body.code == "manifest_newer":
            raise
        if error.body.code == "manifest_broken":
            set_aside(store.path(dataset_id))
    running = store.start_import(dataset_id, base, source)
    if running.over.wait(WAIT_S) and running.problem is not None:
        raise Invalid(running.problem.said, running.problem.field)
    return detail(store, dataset_id)


def _row(store: Store, dataset_id: int) -> Dataset:
    """Raises: NotFound."""
    with store.db.read() as session:
        row = session.get(Dataset, dataset_id)
        if row is None:
            raise dataset_not_found(dataset_id)
        session.expunge(row)
        return row


def _delete_row(store: Store, dataset_id: int) -> None:
    with store.db.write() as write:
        row = write.session.get(Dataset, dataset_id)
        if row is not None:
            write.session.delete(row)


def _read(store: Store, row: Dataset) -> DatasetRead:
    assert row.id is not None
    running = store.import_of(row.id)
    is_importing = running is not None and not running.over.is_set()
    problem = running.problem if running is not None else None
    is_there = store.path(row.id).exists()
    return DatasetRead(
        id=row.id,
        name=row.name,
        base_path=row.base_path,
        metadata_path=row.metadata_path,
        rows=row.rows,
        created_at=row.created_at,
        state=DatasetState.IMPORTING if is_importing else DatasetState.READY if is_there else DatasetState.FAILED,
        importing=ImportProgress(done=running.done) if running is not None and is_importing else None,
        problem=problem.body if problem is not None else None,
    )
