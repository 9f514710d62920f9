"""The live socket. What it sends is declared in `main` under webhooks, for OpenAPI knows no sockets."""

import asyncio
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket
from starlette.websockets import WebSocketDisconnect

from services.backend.database.cursor import clock, read_cursor, write_cursor
from services.backend.live.broadcast import EXTENSION
from services.backend.routes import DeckOf
from services.backend.runtime import Deck
from services.backend.schemas import LiveHello

router = APIRouter()


@router.websocket("/live")
async def live(
    socket: WebSocket,
    deck: DeckOf,
    since: Annotated[str | None, Query(max_length=100)] = None,
    run: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006 (FastAPI copies it)
) -> None:
    """All commits after the cursor `since`, or from now on, until either side leaves."""
    try:
        await socket.accept()
    except (OSError, WebSocketDisconnect):  # gone before it was let in
        return
    run_ids = tuple(sorted(set(run)))
    with deck.follower.watching(run_ids):
        sending = asyncio.create_task(_send(socket, deck, since, run_ids))
        leaving = asyncio.create_task(_until_left(socket))
        done, _ = await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        for task in (sending, leaving):
            task.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)
    for task in done:
        task.result()


async def _send(socket: WebSocket, deck: Deck, since: str | None, run_ids: tuple[str, ...]) -> None:
    """Hello, then frame by frame. A slow client is waited for by nobody else and costs no memory: what came while it
    did not take frames is read from the database in one go."""
    hello, tick = await asyncio.to_thread(_hello, deck, since)
    with suppress(WebSocketDisconnect):
        await _deliver(socket, hello.model_dump_json())
        while True:
            frame, _ = await deck.frames.after(tick, run_ids)
            tick = frame.tick
            if frame.text:
                await _deliver(socket, frame.text)
            else:
                tick = await deck.broadcast.ride(socket.scope["extensions"][EXTENSION], tick, run_ids)


async def _deliver(socket: WebSocket, text: str) -> None:
    """Raises: WebSocketDisconnect."""
    try:
        await socket.send_text(text)
    except RuntimeError as error:  # the server has closed the socket itself, as where a pong is missing
        raise WebSocketDisconnect from error


def _hello(deck: Deck, since: str | None) -> tuple[LiveHello, int]:
    with deck.db.read() as session:
        database, newest = clock(session)
        tick = read_cursor(session, since) if since is not None else newest
    reset = tick is None
    tick = newest if tick is None else tick
    return LiveHello(type="hello", cursor=write_cursor(database, tick), reset=reset), tick


async def _until_left(socket: WebSocket) -> None:
    """Reads on, for that is how a disconnect is heard; what clients say is of no interest."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
