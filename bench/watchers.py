"""Many clients of the live socket in one process: `python -m bench.watchers PORT RUN CLIENTS`.

Says `ready` once every client has had its hello. A line with a step's number on standard input ends it: as soon as all
clients have seen that step, or are late by `PATIENCE_S`, it says as JSON what they saw. One loop reads all sockets and
decodes a frame that all were sent only once, so that this process does not become what is measured; `own_delay_ms`
tells how long frames lay in it unread.
"""

import json
import os
import resource
import select
import socket
import sys
import time
from array import array
from collections import deque
from typing import Any

import msgspec

from bench.report import percentile

PATIENCE_S = 15.0
RECEIVE_BYTES = 1 << 14
_KEPT_FRAMES = 8

Logged = tuple[list[int], list[float]]
"""Steps, and when each was logged."""


class _Batch(msgspec.Struct):
    run_id: str
    step: list[int]
    ts: list[float]


class _Frame(msgspec.Struct):
    type: str
    steps: list[_Batch] = []


_decode = msgspec.json.Decoder(_Frame).decode


class Watcher:
    """One socket, and which step it expects next."""

    def __init__(self, port: int, run_id: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.next_step = 1
        self.dropped = self.doubled = 0
        lines = (
            f"GET /api/live?run={run_id} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        )
        self.socket.sendall("\r\n".join((*lines, "", "")).encode())
        self._buffer = b""
        while b"\r\n\r\n" not in self._buffer:
            self._buffer += self._receive()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(head.decode())
        while not self.read():
            pass

    def _receive(self) -> bytes:
        data = self.socket.recv(RECEIVE_BYTES)
        if not data:
            raise ConnectionError("the server closed a live socket")
        return data

    def read(self) -> list[bytes]:
        """Receive once. Returns: the texts that are whole now."""
        data = self._receive()
        if self._buffer:
            data = self._buffer + data
        texts = []
        while (frame := _split(data)) is not None:
            opcode, text, data = frame
            if opcode == 1:
                texts.append(text)
            elif opcode == 9:
                self.socket.sendall(bytes((0x8A, 0x80 | len(text), 0, 0, 0, 0)) + text)
        self._buffer = data
        return texts

    def expect(self, steps: list[int]) -> None:
        """Count what is missing before these steps, and what had come before."""
        for step in steps:
            self.dropped += max(0, step - self.next_step)
            self.doubled += step < self.next_step
            self.next_step = max(self.next_step, step + 1)


def _split(data: bytes) -> tuple[int, bytes, bytes] | None:
    """The first frame's opcode and payload, and what follows it; None while it is not whole. Servers do not mask."""
    if len(data) < 2:
        return None
    size, at = data[1] & 0x7F, 2
    if size >= 126:
        at = 4 if size == 126 else 10
        size = int.from_bytes(data[2:at])
    end = at + size
    return (data[0] & 0x0F, data[at:end], data[end:]) if len(data) >= max(end, at) else None


class Frames:
    """The watched run's steps in a frame, and when each was logged; a text that many are sent is decoded once."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._kept: deque[tuple[bytes, Logged]] = deque(maxlen=_KEPT_FRAMES)

    def logged(self, text: bytes) -> Logged:
        for known, found in self._kept:  # cheaper than the hash of a long text
            if known == text:
                return found
        batches = [batch for batch in _decode(text).steps if batch.run_id == self._run_id]
        found = [step for batch in batches for step in batch.step], [ts for batch in batches for ts in batch.ts]
        self._kept.appendleft((text, found))
        return found


def watch(watchers: list[Watcher], frames: Frames) -> dict[str, Any]:
    """Read until the last step, which standard input tells, has come to all."""
    poll = select.epoll()
    by_fd = {watcher.socket.fileno(): watcher for watcher in watchers}
    for fd in (*by_fd, 0):
        poll.register(fd, select.EPOLLIN)
    latencies, delays, texts, sizes = array("d"), array("d"), 0, 0
    last, deadline = 0, float("inf")
    began, began_cpu = time.monotonic(), time.process_time()
    while time.monotonic() < deadline and not (last and all(watcher.next_step > last for watcher in watchers)):
        ready = poll.poll(0.1)
        woke = time.time()
        for fd, _ in ready:
            if fd == 0:
                last, deadline = int(os.read(0, 20)), time.monotonic() + PATIENCE_S
                poll.unregister(0)
                continue
            watcher = by_fd[fd]
            found = watcher.read()
            now = time.time()
            for text in found:
                texts, sizes = texts + 1, sizes + len(text)
                steps, stamps = frames.logged(text)
                watcher.expect(steps)
                for ts in stamps:
                    latencies.append(now - ts)
            delays.append(now - woke)
    took_s = time.monotonic() - began
    return {
        "p50_ms": percentile(latencies, 50) * 1e3,
        "p99_ms": percentile(latencies, 99) * 1e3,
        "own_delay_ms": percentile(delays, 99) * 1e3,
        "own_cpu": (time.process_time() - began_cpu) / took_s,
        "dropped": sum(watcher.dropped + max(0, last + 1 - watcher.next_step) for watcher in watchers),
        "doubled": sum(watcher.doubled for watcher in watchers),
        "frames_per_s": texts / len(watchers) / took_s,
        "bytes_per_s": sizes / len(watchers) / took_s,
    }


def main() -> None:
    port, run_id, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(count + 100, most), most))
    watchers = [Watcher(port, run_id) for _ in range(count)]
    print("ready", flush=True)
    print(json.dumps(watch(watchers, Frames(run_id))))


if __name__ == "__main__":
    main()
