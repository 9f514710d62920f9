"""The backend's app: REST and the live socket under /api, the UI under everything else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from services.backend import __version__
from services.backend.access.auth import Access, Auth
from services.backend.access.origin import Guard
from services.backend.errors import install_handlers
from services.backend.routes import (
    ERRORS,
    agents,
    checks,
    datasets,
    live,
    metrics,
    plan,
    runs,
    session,
    system,
    tasks,
)
from services.backend.runtime import Deck
from services.backend.schemas import LiveFrame, LiveHello
from services.backend.settings import Settings
from services.backend.ui import Ui


def create_app(settings: Settings, deck: Deck | None = None) -> FastAPI:
    """The app on `settings`. `deck` is one that was opened already; else the app opens one when it starts.

    The app closes the deck when it ends. Raises, at its start: StartupError.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.deck = deck if deck is not None else Deck.open(settings)
        async with app.state.deck.running():
            yield

    app = FastAPI(
        title="Loradeck",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    install_handlers(app)
    app.state.access = Access(settings.token) if settings.token is not None else None
    if app.state.access is not None:
        app.add_middleware(Auth, access=app.state.access)
    app.add_middleware(Guard, host=settings.host, public_hosts=settings.public_hosts)
    api = APIRouter(prefix="/api", responses=ERRORS)
    for routes in (session, runs, metrics, datasets, plan, checks, tasks, agents, system):
        api.include_router(routes.router)
    app.include_router(api)
    app.include_router(live.router, prefix="/api")
    app.webhooks.add_api_route(
        "live", live_frames, methods=["POST"], response_model=LiveHello | LiveFrame, operation_id="live"
    )
    app.router.default = Ui()
    return app


def live_frames() -> None:
    """What the WebSocket `/api/live?since=<cursor>&run=<id>&run=<id>` sends, as JSON text: first a hello, then frames.

    Steps, events and run summaries are those of the runs asked for; without any, the summaries of all. Deletions are
    always all. To go on after a
    disconnect, connect again with `since` set to the last cursor that came.
    """
