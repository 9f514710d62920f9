"""Scans: tasks that measure a data set's files and captions. One task a data set, which goes on where it was left."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from services.backend.datasets import registry
from services.backend.datasets.manifest.manifest import get, put
from services.backend.datasets.schemas import DatasetDetail, ScanRead, ScanStart
from services.backend.datasets.store import GOING
from services.backend.errors import Conflict, NotFound
from services.backend.schemas import TaskRead, TaskState
from services.backend.tasks import queue
from trainer.contract.scan import ITEMS, Item, Request

if TYPE_CHECKING:
    from services.backend.runtime import Deck

DEFAULT_MODEL = "wan2.2-ti2v-5b"
"""By whose tokenizer captions are counted where nobody has said. All of Wan's models have the same one."""
_NO_TOKENIZER = {"tokenizer_missing", "tokenizer_unreadable"}
"""How a scan fails whose `tokenizer_path` will not do: the next one does not go by it again."""
_NONE = ScanRead(state="none", task_id=None, phase="", done=0, total=None, left_s=None, code="", message="", hint="")


def start(deck: "Deck", dataset_id: int, asked: ScanStart) -> DatasetDetail:
    """Raises: NotFound, Conflict while one goes on, Invalid, Forbidden, OSError (a full disk)."""
    given = asked.tokenizer_path
    if given is not None:
        given = registry.check_model_file(deck.settings, given, "tokenizer_path")
    with deck.sets.open(dataset_id) as manifest:
        with manifest.read() as sql:
            known = get(sql, "scan", {})
            task = _task(deck, known.get("task_id"))
            if task is not None and task.state in GOING:
                hint = "Wait for its end, or stop it first."
                raise Conflict("scan_running", "The data set is being scanned already.", hint)
            rows = sql.execute("SELECT path, is_image, size_bytes, changed_ns, caption FROM item ORDER BY id")
            items = b"".join(_lines(rows))
        before = known.get("counted", {})
        model = asked.model or before.get("model", DEFAULT_MODEL)
        keeps_path = asked.model is None and (task is None or task.code not in _NO_TOKENIZER)
        path = given or (before.get("tokenizer_path") if keeps_path else None)
        request: dict[str, Any] = msgspec.to_builtins(Request(model=model, tokenizer_path=path))
        task_id = queue.queue(deck, "scan", request, {ITEMS: items}, task.id if task is not None else None)
        with manifest.write() as sql:
            offset = known["offset"] if task is not None else 0
            counted = {"model": model, "tokenizer_path": path}
            put(sql, scan={"task_id": task_id, "offset": offset, "going": True, "counted": counted})
    deck.sets.follow(dataset_id)
    return registry.detail(deck, dataset_id)


def stop(deck: "Deck", dataset_id: int) -> DatasetDetail:
    """Raises: NotFound, Conflict where none goes on."""
    with deck.sets.open(dataset_id) as manifest, manifest.read() as sql:
        known = get(sql, "scan", {})
    task = _task(deck, known.get("task_id"))
    if task is None or not known["going"]:
        raise Conflict("no_scan", "No scan of this data set goes on.", "There is nothing to stop.")
    if task.state in GOING:
        queue.stop(deck, task.id)
    return registry.detail(deck, dataset_id)


def state(deck: "Deck", scan: dict[str, Any]) -> ScanRead:
    """How the scan stands that the manifest notes as `scan`: it goes on until what it has found is taken in."""
    task = _task(deck, scan.get("task_id"))
    if task is None:
        return _NONE
    progress = task.progress or {}
    is_reading = task.state not in GOING and scan["going"]
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


def _task(deck: "Deck", task_id: str | None) -> TaskRead | None:
    """None where it was never queued, or is gone with what it has found."""
    if task_id is None:
        return None
    try:
        return queue.read(deck, task_id)
    except NotFound:
        return None


def _lines(rows: Any) -> Iterator[bytes]:
    encoder = msgspec.json.Encoder()
    for path, is_image, size_bytes, changed_ns, caption in rows:
        yield encoder.encode(Item(path, bool(is_image), size_bytes, changed_ns, caption)) + b"\n"
