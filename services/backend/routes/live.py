"""The live socket. OpenAPI knows no sockets, so `app` declares its frames under webhooks."""

import asyncio
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket
from starlette.websockets import WebSocketDisconnect

from services.backend.database.cursor import clock, read_cursor, write_cursor
from services.backend.database.db import Database
from services.backend.live.broadcast import EXTENSION
from services.backend.live.schemas import LiveHello
from services.backend.routes import RuntimeOf
from services.backend.runtime import Runtime

router = APIRouter()


@router.websocket("/live")
async def live(
    socket: WebSocket,
    runtime: RuntimeOf,
    since: Annotated[str | None, Query(max_length=100)] = None,
    run: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006 (FastAPI copies it)
) -> None:
    """Send all commits after the cursor `since`, or from now on, until either side leaves."""
    try:
        await socket.accept()
    except (OSError, WebSocketDisconnect):  # gone before it was let in
        return
    run_ids = tuple(sorted(set(run)))
    with runtime.follower.watching(run_ids):
        sending = asyncio.create_task(_send(socket, runtime, since, run_ids))
        leaving = asyncio.create_task(_until_left(socket))
        done, _ = await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        for task in (sending, leaving):
            task.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)
    for task in done:
        task.result()


async def _send(socket: WebSocket, runtime: Runtime, since: str | None, run_ids: tuple[str, ...]) -> None:
    """Send a hello, then frame by frame. A slow client delays nobody and costs no memory: what was committed while it
    took no frames is read from the database at once."""
    hello, tick = await asyncio.to_thread(_hello, runtime.db, since)
    with suppress(WebSocketDisconnect):
        await _deliver(socket, hello.model_dump_json())
        while True:
            frame, _ = await runtime.frames.after(tick, run_ids)
            tick = frame.tick
            if frame.text:
                await _deliver(socket, frame.text)
            else:
                tick = await runtime.broadcast.subscribe(socket.scope["extensions"][EXTENSION], tick, run_ids)


async def _deliver(socket: WebSocket, text: str) -> None:
    """Raises: WebSocketDisconnect."""
    try:
        await socket.send_text(text)
    except RuntimeError as error:  # the server has closed the socket itself, as where a pong is missing
        raise WebSocketDisconnect from error


def _hello(db: Database, since: str | None) -> tuple[LiveHello, int]:
    with db.read() as session:
        database, newest = clock(session)
        tick = read_cursor(session, since) if since is not None else newest
    reset = tick is None
    tick = newest if tick is None else tick
    return LiveHello(type="hello", cursor=write_cursor(database, tick), reset=reset), tick


async def _until_left(socket: WebSocket) -> None:
    """Receive until the client disconnects; what clients send is ignored."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
