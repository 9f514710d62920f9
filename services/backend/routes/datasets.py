"""Data sets: registration, scans, rules, rows and people's decisions on them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import FileResponse, StreamingResponse

from services.backend.datasets import export, registry, rules, scan
from services.backend.datasets.browsing import items, listing, summary
from services.backend.datasets.change_schemas import (
    CaptionsChanged,
    CaptionUpdate,
    Changed,
    Group,
    QuarantineChange,
    QuarantineList,
    QuarantineListed,
    Replacement,
    Split,
    SplitDone,
    Trigger,
)
from services.backend.datasets.decisions import actions, captions, splitting
from services.backend.datasets.item_schemas import ItemDetail, ItemQuery, Items, Rules, RulesUpdate
from services.backend.datasets.schemas import (
    DatasetCreate,
    DatasetDetail,
    DatasetRead,
    ImportFaults,
    ScanStart,
    Summary,
)
from services.backend.routes import RuntimeOf

router = APIRouter(prefix="/datasets", tags=["datasets"])

DatasetId = Annotated[int, Path(ge=1, le=2**53)]
ItemId = Annotated[int, Path(ge=1, le=2**53)]
Offset = Annotated[int, Query(ge=0, le=2**53)]


@router.get("")
def list_datasets(runtime: RuntimeOf) -> list[DatasetRead]:
    """List all data sets, the newest first."""
    return registry.list_all(runtime.datasets)


@router.post("", status_code=201)
def create_dataset(body: DatasetCreate, runtime: RuntimeOf) -> DatasetRead:
    """Import a folder of clips on the server; nothing is copied or changed. The same source again is the same data set,
    imported again. If it is large, the answer comes while its import is running."""
    return registry.register(runtime.datasets, body)


@router.get("/{dataset_id}")
def read_dataset(dataset_id: DatasetId, runtime: RuntimeOf) -> DatasetDetail:
    return registry.detail(runtime.datasets, dataset_id)


@router.delete("/{dataset_id}", status_code=204)
def delete_dataset(dataset_id: DatasetId, runtime: RuntimeOf) -> Response:
    """Delete a data set with all decisions on it. Its clips and its table stay as they are."""
    registry.delete(runtime.datasets, dataset_id)
    return Response(status_code=204)


@router.post("/{dataset_id}/import", status_code=202)
def import_dataset(dataset_id: DatasetId, runtime: RuntimeOf) -> DatasetDetail:
    """Read the source again. Decisions are kept by the path of the file, but cannot be undone any more."""
    return registry.import_again(runtime.datasets, dataset_id)


@router.get("/{dataset_id}/faults")
def list_dataset_faults(
    dataset_id: DatasetId,
    runtime: RuntimeOf,
    code: Annotated[str | None, Query(max_length=40)] = None,
    offset: Offset = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ImportFaults:
    """List the rows of the source that could not be imported, in its order."""
    return listing.faults(runtime.datasets, dataset_id, code, offset, limit)


@router.post("/{dataset_id}/scan", status_code=202)
def scan_dataset(dataset_id: DatasetId, runtime: RuntimeOf, body: ScanStart | None = None) -> DatasetDetail:
    """Measure the files and captions that were not measured yet, in a task. With another tokenizer, all captions are
    counted again. Refused while a scan is running."""
    scan.start(runtime.datasets, dataset_id, body or ScanStart())
    return registry.detail(runtime.datasets, dataset_id)


@router.post("/{dataset_id}/scan/stop", status_code=202)
def stop_scan(dataset_id: DatasetId, runtime: RuntimeOf) -> DatasetDetail:
    """Ask the scan to stop; the next one resumes it."""
    scan.stop(runtime.datasets, dataset_id)
    return registry.detail(runtime.datasets, dataset_id)


@router.get("/{dataset_id}/summary")
def read_dataset_summary(dataset_id: DatasetId, runtime: RuntimeOf) -> Summary:
    return summary.read(runtime.datasets, dataset_id)


@router.get("/{dataset_id}/rules")
def read_rules(dataset_id: DatasetId, runtime: RuntimeOf) -> Rules:
    return rules.read(runtime.datasets, dataset_id)


@router.put("/{dataset_id}/rules")
def change_rules(dataset_id: DatasetId, body: RulesUpdate, runtime: RuntimeOf) -> Rules:
    """Change thresholds, the target, and which rules are enabled. No new scan is needed."""
    return rules.change(runtime.datasets, dataset_id, body)


@router.get("/{dataset_id}/items")
def list_items(dataset_id: DatasetId, query: Annotated[ItemQuery, Query()], runtime: RuntimeOf) -> Items:
    """List a window of the rows that match the filter. Rows without a value for `sort` come last."""
    return listing.items(runtime.datasets, dataset_id, query)


@router.get("/{dataset_id}/items/{item_id}")
def read_item(dataset_id: DatasetId, item_id: ItemId, runtime: RuntimeOf) -> ItemDetail:
    return items.read(runtime.datasets, dataset_id, item_id)


@router.patch("/{dataset_id}/items/{item_id}")
def change_item(dataset_id: DatasetId, item_id: ItemId, body: CaptionUpdate, runtime: RuntimeOf) -> ItemDetail:
    """Change the caption of a row. The source keeps its own."""
    return captions.change(runtime.datasets, dataset_id, item_id, body.caption)


@router.get(
    "/{dataset_id}/items/{item_id}/thumbnail", response_class=Response, responses={200: {"content": {"image/webp": {}}}}
)
def read_thumbnail(dataset_id: DatasetId, item_id: ItemId, runtime: RuntimeOf) -> Response:
    return items.thumbnail(runtime.datasets, dataset_id, item_id)


@router.get("/{dataset_id}/items/{item_id}/file", response_class=FileResponse)
def read_item_file(dataset_id: DatasetId, item_id: ItemId, runtime: RuntimeOf) -> FileResponse:
    """Download the clip itself; Range is supported."""
    return items.media(runtime.datasets, dataset_id, item_id)


@router.post("/{dataset_id}/quarantine")
def change_quarantine(dataset_id: DatasetId, body: QuarantineChange, runtime: RuntimeOf) -> Changed:
    """Quarantine rows, which keeps them out of runs, or let them in again."""
    return actions.quarantine(runtime.datasets, dataset_id, body)


@router.post("/{dataset_id}/quarantine/import")
def import_quarantine(dataset_id: DatasetId, body: QuarantineList, runtime: RuntimeOf) -> QuarantineListed:
    """Quarantine all rows of the files that an export lists. Other rows stay as they are."""
    return actions.import_quarantine(runtime.datasets, dataset_id, body.csv)


@router.post("/{dataset_id}/captions/replace")
def replace_in_captions(dataset_id: DatasetId, body: Replacement, runtime: RuntimeOf) -> CaptionsChanged:
    return captions.replace(runtime.datasets, dataset_id, body)


@router.post("/{dataset_id}/captions/trigger")
def add_trigger(dataset_id: DatasetId, body: Trigger, runtime: RuntimeOf) -> CaptionsChanged:
    """Add a word and a comma to the front or the end of each caption that does not have it there yet."""
    return captions.trigger(runtime.datasets, dataset_id, body)


@router.post("/{dataset_id}/undo")
def undo(dataset_id: DatasetId, runtime: RuntimeOf) -> DatasetDetail:
    """Undo the last action."""
    actions.undo(runtime.datasets, dataset_id)
    return registry.detail(runtime.datasets, dataset_id)


@router.post("/{dataset_id}/redo")
def redo(dataset_id: DatasetId, runtime: RuntimeOf) -> DatasetDetail:
    """Redo the action that was undone last."""
    actions.redo(runtime.datasets, dataset_id)
    return registry.detail(runtime.datasets, dataset_id)


@router.get("/{dataset_id}/groups")
def list_groups(dataset_id: DatasetId, runtime: RuntimeOf) -> list[Group]:
    """List the folders to split by, at most 1000, the largest first."""
    return splitting.groups(runtime.datasets, dataset_id)


@router.post("/{dataset_id}/split")
def split_dataset(dataset_id: DatasetId, body: Split, runtime: RuntimeOf) -> SplitDone:
    """Hold some files out for validation. All rows of a file, and of files with the same content, are on one side."""
    return splitting.split(runtime.datasets, dataset_id, body)


@router.get(
    "/{dataset_id}/export",
    response_class=StreamingResponse,
    responses={200: {"content": {media_type: {} for media_type in export.MEDIA_TYPES.values()}}},
)
def export_dataset(
    dataset_id: DatasetId, runtime: RuntimeOf, format: Literal["metadata", "manifest", "quarantine"] = "metadata"
) -> StreamingResponse:
    """Export the data set: `metadata` is DiffSynth's metadata.csv of the used rows, `manifest` every row with all
    decisions as JSONL, `quarantine` a CSV of file and reason. The same data set gives the same bytes."""
    return export.answer(runtime.datasets, dataset_id, format)
