"""The broadcast of live frames: built once, put into WebSocket's wire format once, written to each socket in turn.

A task for each client and an ASGI message for each frame would cost more than the system's own sending. So the clients
that are up to date form groups, one for each set of runs, and one task a group writes to all of them. It waits for
nobody: a client whose socket takes no frame leaves the group and reads on from the database in its own time.
"""

import asyncio
import os
from contextlib import suppress
from typing import Any, Protocol

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode
from websockets.http11 import Request

from services.backend.live.commit_signal import CommitSignal
from services.backend.live.frames import Frames

EXTENSION = "loradeck.try_send"
"""The key of a socket's `TrySend` among its scope's extensions."""

FRAME_GAP_S = 0.02
"""The shortest time between two frames to a group."""
SOCKETS_PER_TURN = 100
"""Sockets written to before other tasks have their turn."""


class TrySend(Protocol):
    """Writes a whole WebSocket frame at once if the socket takes it; returns whether it did."""

    def __call__(self, wire: bytes) -> bool: ...


class DirectSendProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's WebSocket protocol, which also takes frames in wire format."""

    _fd: int | None = None

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self.try_send

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            # A refusal that was sent whole ends the handshake, too; uvicorn would log an error for each.
            self.handshake_complete = True

    def try_send(self, wire: bytes) -> bool:
        transport = self.transport
        if not self.writable.is_set() or self.close_sent or transport.is_closing():
            return False
        if self._fd is None:
            self._fd = _plain_socket(transport)
        if self._fd >= 0 and not transport.get_write_buffer_size():
            # The transport's own way to the same call takes a quarter longer.
            with suppress(OSError):  # the transport meets it, too, and handles it
                written = os.write(self._fd, wire)
                if written == len(wire):
                    return True
                wire = wire[written:]
        transport.write(wire)
        return True


def _plain_socket(transport: asyncio.Transport) -> int:
    """Return the descriptor to write bytes to, or -1 if they are to be encrypted first."""
    if transport.get_extra_info("sslcontext") is not None:
        return -1
    fd: int = transport.get_extra_info("socket").fileno()
    return fd


class Broadcast:
    """The groups, by the runs that their clients asked for. For one event loop."""

    def __init__(self, signal: CommitSignal, frames: Frames) -> None:
        self._signal = signal
        self._frames = frames
        self._groups: dict[tuple[str, ...], _Group] = {}

    async def subscribe(self, try_send: TrySend, tick: int, run_ids: tuple[str, ...]) -> int:
        """Send new frames to a client at cursor `tick`. Returns its cursor once it has fallen behind.

        It falls behind if it does not take a frame, or if its group is further already.
        """
        while True:
            group = self._groups.get(run_ids) or self._open(tick, run_ids)
            if group.tick > tick:
                return tick
            if group.tick < tick:
                group.due.set()
                await group.moved.wait()
                continue
            try:
                return await group.join(try_send)
            finally:
                if not group.members:
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
        """Let nobody join a group any more; whoever waits for it looks for another."""
        if self._groups.get(run_ids) is group:
            del self._groups[run_ids]
            group.move(group.tick)

    async def _drive(self, group: "_Group", run_ids: tuple[str, ...]) -> None:
        try:
            with self._signal.subscribe(run_ids) as group.due:
                group.due.set()  # something may have been committed before there was a listener
                while True:
                    await group.due.wait()
                    group.due.clear()
                    frame, is_all = await self._frames.after(group.tick, run_ids)
                    if not is_all:
                        group.due.set()
                    members = group.move(frame.tick)
                    if frame.text:
                        await _write(members, WireFrame(Opcode.TEXT, frame.text.encode()).serialize(mask=False))
                        await asyncio.sleep(FRAME_GAP_S)
        except Exception as error:
            group.fail(error)
            self._forget(group, run_ids)


class _Group:
    """The clients at cursor `tick`. Its task lives for as long as it has any."""

    def __init__(self, tick: int) -> None:
        self.tick = tick
        self.due = asyncio.Event()
        """Set when something may have been committed after `tick`."""
        self.moved = asyncio.Event()
        self.members: dict[asyncio.Future[int], TrySend] = {}
        """By the future of the cursor at which each leaves."""
        self.task: asyncio.Task[None] | None = None

    async def join(self, try_send: TrySend) -> int:
        left_at: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.members[left_at] = try_send
        try:
            return await left_at
        finally:
            del self.members[left_at]

    def move(self, tick: int) -> "_Members":
        """Move to `tick`. Returns the members, each with the tick that it moves from."""
        members = [(left_at, try_send, self.tick) for left_at, try_send in self.members.items()]
        self.tick = tick
        moved, self.moved = self.moved, asyncio.Event()
        moved.set()
        return members

    def fail(self, error: Exception) -> None:
        for left_at in self.members:
            if not left_at.done():
                left_at.set_exception(error)


_Members = list[tuple["asyncio.Future[int]", TrySend, int]]
"""Each with the tick at which it leaves if it does not take the frame."""


async def _write(members: _Members, wire: bytes) -> None:
    for number, (left_at, try_send, tick) in enumerate(members, start=1):
        if not left_at.done() and not try_send(wire):
            left_at.set_result(tick)
        if number % SOCKETS_PER_TURN == 0:
            await asyncio.sleep(0)
