"""Health, and the presets for new runs."""

from fastapi import APIRouter

from services.backend import health
from services.backend.health import Health
from services.backend.routes import RuntimeOf
from trainer.contract.presets import Preset, load_presets

router = APIRouter(tags=["system"])


@router.get("/health")
def read_health(runtime: RuntimeOf) -> Health:
    """Check whether all is well, and if not, what to do about it."""
    return health.read(runtime.db, runtime.settings, runtime.follower.problems)


@router.get("/presets")
def list_presets() -> list[Preset]:
    return load_presets()
