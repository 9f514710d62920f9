"""Health, and the presets that a run can start from."""

from fastapi import APIRouter

from services.backend import health
from services.backend.routes import DeckOf
from services.backend.schemas import Health
from trainer.contract.presets import Preset, load_presets

router = APIRouter(tags=["system"])


@router.get("/health")
def read_health(deck: DeckOf) -> Health:
    """Whether all is well, and if not, what to do about it."""
    return health.read(deck)


@router.get("/presets")
def list_presets() -> list[Preset]:
    return load_presets()
