"""Scans: tasks that measure a data set's files and captions. Each data set has one task, which is resumed."""

from collections.abc import Iterator
from typing import Any

import msgspec

from services.backend.datasets.manifest.manifest import get, put
from services.backend.datasets.schemas import ScanRead, ScanStart
from services.backend.datasets.store import UNFINISHED, Store
from services.backend.errors import Conflict, NotFound
from services.backend.paths import check_model_file
from services.backend.tasks.schemas import TaskRead, TaskState
from trainer.contract.messages import message
from trainer.contract.scan import ITEMS, Item, Request

DEFAULT_MODEL = "wan2.2-ti2v-5b"
"""The model whose tokenizer counts captions by default. All of Wan's models have the same one."""
_NO_TOKENIZER = {"tokenizer_missing", "tokenizer_unreadable"}
"""Codes of scans that failed for their `tokenizer_path`: the next scan does not reuse it."""
_NONE = ScanRead(state="none", task_id=None, phase="", done=0, total=None, left_s=None, code="", message="", hint="")


def start(store: Store, dataset_id: int, request: ScanStart) -> None:
    """Queue a scan. Raises: NotFound, Conflict while one is running, Invalid, Forbidden, OSError (a full disk)."""
    given = request.tokenizer_path
    if given is not None:
        given = check_model_file(store.data_roots, given, "tokenizer_path")
    with store.open(dataset_id) as manifest:
        with manifest.read() as sql:
            known = get(sql, "scan", {})
            task = _task(store, known.get("task_id"))
            if task is not None and task.state in UNFINISHED:
                raise Conflict(message("scan_running"))
            rows = sql.execute("SELECT path, is_image, size_bytes, changed_ns, caption FROM item ORDER BY id")
            items = b"".join(_lines(rows))
        before = known.get("counted", {})
        model = request.model or before.get("model", DEFAULT_MODEL)
        keeps_path = request.model is None and (task is None or task.code not in _NO_TOKENIZER)
        path = given or (before.get("tokenizer_path") if keeps_path else None)
        task_request: dict[str, Any] = msgspec.to_builtins(Request(model=model, tokenizer_path=path))
        task_id = store.tasks.add("scan", task_request, {ITEMS: items}, task.id if task is not None else None)
        with manifest.write() as sql:
            offset = known["offset"] if task is not None else 0
            counted = {"model": model, "tokenizer_path": path}
            put(sql, scan={"task_id": task_id, "offset": offset, "going": True, "counted": counted})
    store.follow_scan(dataset_id)


def stop(store: Store, dataset_id: int) -> None:
    """Ask the running scan to leave. Raises: NotFound, Conflict if none is running."""
    with store.open(dataset_id) as manifest, manifest.read() as sql:
        known = get(sql, "scan", {})
    task = _task(store, known.get("task_id"))
    if task is None or not known["going"]:
        raise Conflict(message("no_scan"))
    if task.state in UNFINISHED:
        store.tasks.stop(task.id)


def state(store: Store, scan: dict[str, Any]) -> ScanRead:
    """Read the state of the scan that the manifest keeps as `scan`; it is running until its last fact is taken in."""
    task = _task(store, scan.get("task_id"))
    if task is None:
        return _NONE
    progress = task.progress or {}
    is_reading = task.state not in UNFINISHED and scan["going"]
    return ScanRead(
        state=(TaskState.RUNNING if is_reading else task.state).value,
        task_id=task.id,
        phase=progress.get("phase", ""),
        done=progress.get("done", 0),
        total=progress.get("total"),
        left_s=progress.get("left_s"),
        code=task.code,
        message=task.message,
        hint=task.hint,
    )


def _task(store: Store, task_id: str | None) -> TaskRead | None:
    """Return None if it was never queued, or was removed."""
    if task_id is None:
        return None
    try:
        return store.tasks.read(task_id)
    except NotFound:
        return None


def _lines(rows: Any) -> Iterator[bytes]:
    encoder = msgspec.json.Encoder()
    for path, is_image, size_bytes, changed_ns, caption in rows:
        yield encoder.encode(Item(path, bool(is_image), size_bytes, changed_ns, caption)) + b"\n"
