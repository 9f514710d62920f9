"""Serves the UI's files, which the build puts into `ui/` beside this module, on every path outside the API."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

FOLDER = Path(__file__).parent / "ui"

_CACHE_FOREVER = "public, max-age=31536000, immutable"
"""Next.js puts a hash of the content into the names under `_next/static`."""
_REVALIDATE = "no-cache"

_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Loradeck</title>
<p>Loradeck is running, but its pages are not built yet: run <code>make ui</code> (needs Node 20) and reload.</p>
"""


class Ui:
    """Answers where no route does, with a page or file, or a 404 in the shape that fits the path."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._files = GZipMiddleware(_Files(folder), minimum_size=1024, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
            return
        path: str = scope["path"]
        if path == "/api" or path.startswith("/api/"):
            raise HTTPException(404)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405)
        if not (self._folder / "index.html").is_file():
            response = Response(_NOT_BUILT, 503 if path == "/" else 404, media_type="text/html")
            await response(scope, receive, send)
            return
        await self._files(scope, receive, send)


class _Files(StaticFiles):
    """Static files: `/run` redirects to `/run/`, which is `run/index.html`; unknown pages get the export's 404 page."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True, check_dir=False)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if isinstance(response, RedirectResponse):
            # Relative, since behind a proxy the request's own host is not the one that the browser knows.
            query = scope["query_string"].decode()
            page = scope["path"].strip("/")
            return RedirectResponse(f"/{page}/{'?' + query if query else ''}", 308)
        hashed = path.startswith("_next/static/") and isinstance(response, FileResponse) and response.status_code == 200
        response.headers["Cache-Control"] = _CACHE_FOREVER if hashed else _REVALIDATE
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "frame-ancestors 'none'"
        return response
