"""Data sets that runs can be started on."""

from fastapi import APIRouter

from services.backend import datasets
from services.backend.routes import DeckOf
from services.backend.schemas import DatasetCreate, DatasetRead

router = APIRouter(prefix="/datasets", tags=["datasets"])


@router.get("")
def list_datasets(deck: DeckOf) -> list[DatasetRead]:
    with deck.db.read() as session:
        return datasets.list_all(session)


@router.post("", status_code=201)
def create_dataset(body: DatasetCreate, deck: DeckOf) -> DatasetRead:
    """Register a folder of clips on the server. Nothing is copied. The same folder again is the same data set."""
    return datasets.register(deck, body)
