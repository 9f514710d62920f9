"""Live frames to all who have seen everything so far: built once, put into WebSocket's wire format once, written to
each socket in turn.

A task for each client and an ASGI message for each frame cost more than the system's own sending. So clients ride in
groups, one for each set of runs, and a group's one task writes. Nobody is waited for: who does not take a frame has
left the group, and reads on from the database in its own time.
"""

import asyncio
import os
from contextlib import suppress
from typing import Any, Protocol

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame as Wire
from websockets.frames import Opcode
from websockets.http11 import Request

from services.backend.live.commit_signal import Bell
from services.backend.live.frames import Frames

EXTENSION = "loradeck.offer"
"""Under this name a socket's scope holds its `Offer`."""

QUIET_S = 0.02
"""At least so long after a frame to a group comes its next."""
WRITTEN_AT_ONCE = 100
"""Sockets written to before other tasks have their turn."""


class Offer(Protocol):
    """Takes a whole WebSocket frame to write it at once; says whether it did."""

    def __call__(self, wire: bytes) -> bool: ...


class OfferingProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's WebSocket protocol, which also takes frames ready for the wire."""

    _fd: int | None = None

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self.offer

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            # A refusal that was sent whole ends the handshake, too; uvicorn would log an error of each.
            self.handshake_complete = True

    def offer(self, wire: bytes) -> bool:
        transport = self.transport
        if not self.writable.is_set() or self.close_sent or transport.is_closing():
            return False
        if self._fd is None:
            self._fd = _plain_socket(transport)
        if self._fd >= 0 and not transport.get_write_buffer_size():
            # The transport's own way to the same call takes a quarter longer.
            with suppress(OSError):  # which the transport meets, too, and knows what to do about
                written = os.write(self._fd, wire)
                if written == len(wire):
                    return True
                wire = wire[written:]
        transport.write(wire)
        return True


def _plain_socket(transport: asyncio.Transport) -> int:
    """The descriptor that bytes can be written to, or -1 where they are to be encrypted first."""
    if transport.get_extra_info("sslcontext") is not None:
        return -1
    fd: int = transport.get_extra_info("socket").fileno()
    return fd


class Broadcast:
    """The groups, by the runs that their clients asked for. For one event loop."""

    def __init__(self, bell: Bell, frames: Frames) -> None:
        self._bell = bell
        self._frames = frames
        self._groups: dict[tuple[str, ...], _Group] = {}

    async def ride(self, offer: Offer, tick: int, run_ids: tuple[str, ...]) -> int:
        """Offer a client that stands at `tick` what comes after it, as it comes. Returns: where it stands once it has
        to read on by itself, because it did not take a frame or because its group has gone on already."""
        while True:
            group = self._groups.get(run_ids) or self._open(tick, run_ids)
            if group.tick > tick:
                return tick
            if group.tick < tick:
                group.due.set()
                await group.moved.wait()
                continue
            try:
                return await group.ride(offer)
            finally:
                if not group.riders:
                    self._close(group, run_ids)

    def _open(self, tick: int, run_ids: tuple[str, ...]) -> "_Group":
        group = self._groups[run_ids] = _Group(tick)
        group.task = asyncio.create_task(self._drive(group, run_ids))
        return group

    def _close(self, group: "_Group", run_ids: tuple[str, ...]) -> None:
        self._forget(group, run_ids)
        if group.task is not None:
            group.task.cancel()

    def _forget(self, group: "_Group", run_ids: tuple[str, ...]) -> None:
        """Nobody joins it any more, and who waits for it looks for another."""
        if self._groups.get(run_ids) is group:
            del self._groups[run_ids]
            group.move(group.tick)

    async def _drive(self, group: "_Group", run_ids: tuple[str, ...]) -> None:
        try:
            with self._bell.listening(run_ids) as group.due:
                group.due.set()  # something may have come before there was anybody to hear it
                while True:
                    await group.due.wait()
                    group.due.clear()
                    frame, is_all = await self._frames.after(group.tick, run_ids)
                    if not is_all:
                        group.due.set()
                    riders = group.move(frame.tick)
                    if frame.text:
                        await _write(riders, Wire(Opcode.TEXT, frame.text.encode()).serialize(mask=False))
                        await asyncio.sleep(QUIET_S)
        except Exception as error:
            group.fail(error)
            self._forget(group, run_ids)


class _Group:
    """Clients who stand at `tick`. Its task lives for as long as it has any."""

    def __init__(self, tick: int) -> None:
        self.tick = tick
        self.due = asyncio.Event()
        """Something may have come after `tick`."""
        self.moved = asyncio.Event()
        self.riders: dict[asyncio.Future[int], Offer] = {}
        self.task: asyncio.Task[None] | None = None

    async def ride(self, offer: Offer) -> int:
        place: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.riders[place] = offer
        try:
            return await place
        finally:
            del self.riders[place]

    def move(self, tick: int) -> "_Riders":
        """Stand at `tick` from now on. Returns: those who stood where the group stood."""
        riders = [(place, offer, self.tick) for place, offer in self.riders.items()]
        self.tick = tick
        moved, self.moved = self.moved, asyncio.Event()
        moved.set()
        return riders

    def fail(self, error: Exception) -> None:
        for place in self.riders:
            if not place.done():
                place.set_exception(error)


_Riders = list[tuple["asyncio.Future[int]", Offer, int]]
"""Each with the tick to which it goes back if it does not take the frame."""


async def _write(riders: _Riders, wire: bytes) -> None:
    for number, (place, offer, tick) in enumerate(riders, start=1):
        if not place.done() and not offer(wire):
            place.set_result(tick)
        if number % WRITTEN_AT_ONCE == 0:
            await asyncio.sleep(0)
