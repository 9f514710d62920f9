"""The backend's app: REST and the live socket under /api, the UI under everything else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from services.backend import __version__
from services.backend.access.auth import Access, AuthMiddleware
from services.backend.access.origin import OriginCheck
from services.backend.errors import install_handlers
from services.backend.live.schemas import LiveFrame, LiveHello
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
from services.backend.runtime import Runtime
from services.backend.settings import Settings
from services.backend.ui import Ui


def create_app(settings: Settings, runtime: Runtime | None = None) -> FastAPI:
    """Make the app. It runs on `runtime`, or opens one at its start, and closes it at its end.

    Raises, at its start: StartupError.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.runtime = runtime if runtime is not None else Runtime.open(settings)
        async with app.state.runtime.running():
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
        app.add_middleware(AuthMiddleware, access=app.state.access)
    app.add_middleware(OriginCheck, host=settings.host, public_hosts=settings.public_hosts)
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
    """Describe what the WebSocket `/api/live?since=<cursor>&run=<id>&run=<id>` sends as JSON: a hello, then frames.

    A frame holds the steps, events and summaries of the runs that were asked for; if none were, the summaries of all
    runs. It always holds all deletions. To resume after a disconnect, connect again with `since` set to the last cursor
    received.
    """
