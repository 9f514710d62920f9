"""Data sets that runs can be started on: what they list, what was measured of it, and what people decided."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import FileResponse, StreamingResponse

from services.backend.datasets import export, registry, scan
from services.backend.datasets import rules as judging
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
from services.backend.routes import DeckOf

router = APIRouter(prefix="/datasets", tags=["datasets"])

DatasetId = Annotated[int, Path(ge=1, le=2**53)]
ItemId = Annotated[int, Path(ge=1, le=2**53)]
Offset = Annotated[int, Query(ge=0, le=2**53)]


@router.get("")
def list_datasets(deck: DeckOf) -> list[DatasetRead]:
    """All of them, the newest first."""
    return registry.list_all(deck)


@router.post("", status_code=201)
def create_dataset(body: DatasetCreate, deck: DeckOf) -> DatasetRead:
    """Import a folder of clips on the server. Nothing is copied or changed. The same source again is the same data set,
    imported anew. A large one is answered while its import goes on."""
    return registry.register(deck, body)


@router.get("/{dataset_id}")
def read_dataset(dataset_id: DatasetId, deck: DeckOf) -> DatasetDetail:
    return registry.detail(deck, dataset_id)


@router.delete("/{dataset_id}", status_code=204)
def delete_dataset(dataset_id: DatasetId, deck: DeckOf) -> Response:
    """Forget a data set and what was decided on it. Its clips and its table stay as they are."""
    registry.delete(deck, dataset_id)
    return Response(status_code=204)


@router.post("/{dataset_id}/import", status_code=202)
def import_dataset(dataset_id: DatasetId, deck: DeckOf) -> DatasetDetail:
    """Read the source again. What was decided stays, by the file's path; what was done cannot be undone after it."""
    return registry.import_again(deck, dataset_id)


@router.get("/{dataset_id}/faults")
def list_dataset_faults(
    dataset_id: DatasetId,
    deck: DeckOf,
    code: Annotated[str | None, Query(max_length=40)] = None,
    offset: Offset = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ImportFaults:
    """Rows of the source that could not be imported, in its order."""
    return listing.faults(deck, dataset_id, code, offset, limit)


@router.post("/{dataset_id}/scan", status_code=202)
def scan_dataset(dataset_id: DatasetId, deck: DeckOf, body: ScanStart | None = None) -> DatasetDetail:
    """Have the files and captions measured that are not yet. Captions are counted anew where it is by another
    tokenizer. Refused while a scan goes on."""
    return scan.start(deck, dataset_id, body or ScanStart())


@router.post("/{dataset_id}/scan/stop", status_code=202)
def stop_scan(dataset_id: DatasetId, deck: DeckOf) -> DatasetDetail:
    """Ask the scan to leave; the next one goes on with what it did not come to."""
    return scan.stop(deck, dataset_id)


@router.get("/{dataset_id}/summary")
def read_dataset_summary(dataset_id: DatasetId, deck: DeckOf) -> Summary:
    return summary.read(deck, dataset_id)


@router.get("/{dataset_id}/rules")
def read_rules(dataset_id: DatasetId, deck: DeckOf) -> Rules:
    return judging.read(deck, dataset_id)


@router.put("/{dataset_id}/rules")
def change_rules(dataset_id: DatasetId, body: RulesUpdate, deck: DeckOf) -> Rules:
    """Change thresholds, the target, and which rules are on. Needs no new scan."""
    return judging.change(deck, dataset_id, body)


@router.get("/{dataset_id}/items")
def list_items(dataset_id: DatasetId, query: Annotated[ItemQuery, Query()], deck: DeckOf) -> Items:
    """A window of the rows that the filter leaves. Rows without a value for `sort` come last."""
    return listing.items(deck, dataset_id, query)


@router.get("/{dataset_id}/items/{item_id}")
def read_item(dataset_id: DatasetId, item_id: ItemId, deck: DeckOf) -> ItemDetail:
    return items.read(deck, dataset_id, item_id)


@router.patch("/{dataset_id}/items/{item_id}")
def change_item(dataset_id: DatasetId, item_id: ItemId, body: CaptionUpdate, deck: DeckOf) -> ItemDetail:
    """Give a row another caption. The source keeps its own."""
    return captions.change(deck, dataset_id, item_id, body.caption)


@router.get(
    "/{dataset_id}/items/{item_id}/thumbnail", response_class=Response, responses={200: {"content": {"image/webp": {}}}}
)
def read_thumbnail(dataset_id: DatasetId, item_id: ItemId, deck: DeckOf) -> Response:
    return items.thumbnail(deck, dataset_id, item_id)


@router.get("/{dataset_id}/items/{item_id}/file", response_class=FileResponse)
def read_item_file(dataset_id: DatasetId, item_id: ItemId, deck: DeckOf) -> FileResponse:
    """The clip itself; Range is understood."""
    return items.media(deck, dataset_id, item_id)


@router.post("/{dataset_id}/quarantine")
def change_quarantine(dataset_id: DatasetId, body: QuarantineChange, deck: DeckOf) -> Changed:
    """Keep rows out of runs, or let them in again."""
    return actions.quarantine(deck, dataset_id, body)


@router.post("/{dataset_id}/quarantine/import")
def import_quarantine(dataset_id: DatasetId, body: QuarantineList, deck: DeckOf) -> QuarantineListed:
    """Quarantine the files that an export lists; all rows of a file. What it does not list stays as it is."""
    return actions.import_quarantine(deck, dataset_id, body.csv)


@router.post("/{dataset_id}/captions/replace")
def replace_in_captions(dataset_id: DatasetId, body: Replacement, deck: DeckOf) -> CaptionsChanged:
    return captions.replace(deck, dataset_id, body)


@router.post("/{dataset_id}/captions/trigger")
def add_trigger(dataset_id: DatasetId, body: Trigger, deck: DeckOf) -> CaptionsChanged:
    """Put a word before or behind each caption that does not have it there yet, with a comma between."""
    return captions.trigger(deck, dataset_id, body)


@router.post("/{dataset_id}/undo")
def undo(dataset_id: DatasetId, deck: DeckOf) -> DatasetDetail:
    """Take the last action back."""
    return actions.undo(deck, dataset_id)


@router.post("/{dataset_id}/redo")
def redo(dataset_id: DatasetId, deck: DeckOf) -> DatasetDetail:
    """Do again what was taken back last."""
    return actions.redo(deck, dataset_id)


@router.get("/{dataset_id}/groups")
def list_groups(dataset_id: DatasetId, deck: DeckOf) -> list[Group]:
    """The folders to split by, at most 1000, the largest first."""
    return splitting.groups(deck, dataset_id)


@router.post("/{dataset_id}/split")
def split_dataset(dataset_id: DatasetId, body: Split, deck: DeckOf) -> SplitDone:
    """Hold some files out for validation. All rows of a file, and of files of the same content, are on one side."""
    return splitting.split(deck, dataset_id, body)


@router.get(
    "/{dataset_id}/export",
    response_class=StreamingResponse,
    responses={200: {"content": {media_type: {} for media_type in export.MEDIA_TYPES.values()}}},
)
def export_dataset(
    dataset_id: DatasetId, deck: DeckOf, format: Literal["metadata", "manifest", "quarantine"] = "metadata"
) -> StreamingResponse:
    """`metadata` is DiffSynth's metadata.csv of what is used; `manifest` every row with all decisions, as JSONL;
    `quarantine` a CSV of file and reason. The same data set gives the same bytes."""
    return export.answer(deck, dataset_id, format)
