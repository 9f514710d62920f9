import json
import random
import socket as sockets
import struct
import threading
import time
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from services.backend.live import frames
from services.backend.live.broadcast import DirectSendProtocol
from services.backend.live.schemas import LiveFrame, LiveHello
from tests.harness.backend import Backend, LogFile
from tests.harness.waiting import DEADLINE_S
from trainer.contract import events


def receive(socket: ClientConnection, within_s: float = DEADLINE_S) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(socket.recv(timeout=within_s))
    (LiveHello if found["type"] == "hello" else LiveFrame).model_validate(found)
    return found


def steps_in(frame: dict[str, Any], kind: str = "step") -> list[int]:
    return [step for batch in frame.get("steps", []) if batch["kind"] == kind for step in batch["step"]]


def collect(socket: ClientConnection, last: int) -> list[int]:
    """The steps of all frames up to the one with step `last`."""
    found: list[int] = []
    while last not in found:
        found += steps_in(receive(socket))
    return found


def test_hello_then_what_is_committed_from_now_on(backend: Backend) -> None:
    log = LogFile(backend.folder("live")).header().steps(1, 3)
    backend.wait_for("live", step=3)
    with backend.live("live") as socket:
        assert receive(socket) == {"type": "hello", "cursor": backend.get("/api/health")["cursor"], "reset": False}
        log.step(4, nonfinite={"train/grad_norm": "inf"})
        frame = receive(socket)
        (batch,) = frame["steps"]
        assert batch == {
            "run_id": "live",
            "attempt": 1,
            "kind": "step",
            "step": [4],
            "ts": [log.ts],
            "values": {"train/loss": [0.25], "train/lr": [1e-4]},
            "nonfinite": {"train/grad_norm": [{"step": 4, "what": "inf"}]},
        }
        assert [(run["id"], run["step"]) for run in frame["runs"]] == [("live", 4)]
        log.write(events.Warning, code="x", message="y")
        frame = receive(socket)
        assert [(event["type"], event["body"]["code"]) for event in frame["events"]] == [("warning", "x")]


def test_the_cursor_of_a_window_is_where_live_goes_on(backend: Backend) -> None:
    log = LogFile(backend.folder("live")).header().steps(1, 3)
    backend.wait_for("live", step=3)
    window = backend.get("/api/metrics", run="live", keys="train/loss")
    log.step(4)
    backend.wait_for("live", step=4)
    with backend.live("live", since=window["cursor"]) as socket:
        assert receive(socket) == {"type": "hello", "cursor": window["cursor"], "reset": False}
        assert collect(socket, 4) == [4]


@pytest.mark.parametrize("since", ["nonsense", "0123456789abcdef:1", "{database}:99999", "{database}:-1"])
def test_a_cursor_that_is_not_of_this_database_starts_anew(backend: Backend, since: str) -> None:
    now = backend.get("/api/health")["cursor"]
    database = now.partition(":")[0]
    with backend.live(since=since.format(database=database)) as socket:
        assert receive(socket) == {"type": "hello", "cursor": now, "reset": True}


def test_without_runs_the_summaries_of_all_come(backend: Backend) -> None:
    with backend.live() as socket:
        receive(socket)
        LogFile(backend.folder("other")).header().steps(1, 3)
        seen: dict[str, int] = {}
        while seen.get("other") != 3:
            frame = receive(socket)
            assert frame["steps"] == []
            assert frame["events"] == []
            seen |= {run["id"]: run["step"] for run in frame["runs"]}


def test_only_of_the_runs_asked_for_does_anything_come(backend: Backend) -> None:
    with backend.live("mine") as socket:
        receive(socket)
        LogFile(backend.folder("other")).header().steps(1, 3)
        backend.wait_for("other", step=3)
        LogFile(backend.folder("mine")).header().step(1)
        frame = receive(socket)
        while not frame["steps"]:
            assert [run["id"] for run in frame["runs"]] in ([], ["mine"])
            frame = receive(socket)
        assert [batch["run_id"] for batch in frame["steps"]] == ["mine"]


def test_reconnecting_at_random_makes_no_hole_and_no_double(backend: Backend) -> None:
    chance = random.Random(7)
    log = LogFile(backend.folder("steady")).header()
    last = 600
    seen: list[int] = []
    cursor = None

    def write() -> None:
        for step in range(1, last + 1):
            log.step(step)
            time.sleep(0.002)

    backend.wait_for("steady")
    cursor = backend.get("/api/metrics", run="steady")["cursor"]
    writer = threading.Thread(target=write)
    writer.start()
    connections = 0
    while last not in seen:
        connections += 1
        with backend.live("steady", since=cursor) as socket:
            assert not receive(socket)["reset"]
            for _ in range(chance.randrange(5)):
                frame = receive(socket)
                seen += steps_in(frame)
                cursor = frame["cursor"]
                if last in seen:
                    break
    writer.join()
    assert connections > 5
    assert seen == list(range(1, last + 1))


def test_one_far_behind_catches_up_in_bounded_frames(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MAX_POINTS", 50)
    with backend.live() as socket:
        start = receive(socket)["cursor"]
    log = LogFile(backend.folder("long")).header()
    for step in range(1, 301):
        log.step(step)
        if step % 10 == 0:
            backend.wait_for("long", step=step)
    sizes = []
    with backend.live("long", since=start) as socket:
        receive(socket)
        seen: list[int] = []
        while 300 not in seen:
            steps = steps_in(receive(socket))
            sizes.append(len(steps))
            seen += steps
    assert seen == list(range(1, 301))
    assert len(sizes) >= 6
    assert max(sizes) <= 50


def test_a_slow_client_keeps_nobody_waiting_and_misses_nothing(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[bool] = []
    try_send = DirectSendProtocol.try_send

    def recording(self: DirectSendProtocol, wire: bytes) -> bool:
        taken.append(try_send(self, wire))
        return taken[-1]

    monkeypatch.setattr(DirectSendProtocol, "try_send", recording)
    log = LogFile(backend.folder("fast")).header()
    pad = {f"pad/{n}": 1.0 / 3 for n in range(1000)}
    with backend.live("fast", max_queue=1) as slow, backend.live("fast") as quick:
        receive(slow)
        receive(quick)
        seen: list[int] = []
        for step in range(1, 401):
            log.step(step, values=pad | {"train/loss": 1.0})
            if step % 20 == 0:  # the quick one is served while the slow one reads nothing
                while step not in seen:
                    seen += steps_in(receive(quick))
        assert False in taken, "the slow one took every frame"
        assert collect(slow, 400) == seen == list(range(1, 401))
        for step in range(401, 421):  # it may still be reading by itself when the first of them comes
            del taken[:]
            log.step(step)
            assert collect(slow, step) == collect(quick, step) == [step]
            if taken == [True, True]:
                break
        else:
            pytest.fail("the slow one did not come back to the others")


def test_clients_that_come_and_go_see_each_step_once(backend: Backend) -> None:
    log = LogFile(backend.folder("busy")).header()
    backend.wait_for("busy")
    start = backend.get("/api/metrics", run="busy")["cursor"]
    last = 300
    found: dict[int, list[int]] = {}

    def follow(number: int) -> None:
        chance = random.Random(number)
        seen, cursor = found.setdefault(number, []), start
        while last not in seen:
            with backend.live("busy", since=cursor) as socket:
                receive(socket)
                for _ in range(chance.randrange(1, 30)):
                    frame = receive(socket)
                    seen += steps_in(frame)
                    cursor = frame["cursor"]
                    if last in seen:
                        break

    clients = [threading.Thread(target=follow, args=(number,)) for number in range(8)]
    for client in clients:
        client.start()
    for step in range(1, last + 1):
        log.step(step)
        time.sleep(0.004)
    for client in clients:
        client.join()
    assert list(found.values()) == [list(range(1, last + 1))] * 8


def test_sockets_at_the_same_place_share_one_frame(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[Any] = []
    build = frames.build

    def counting(*args: Any) -> frames.Frame:
        built.append(args[1:])
        return build(*args)

    monkeypatch.setattr(frames, "build", counting)
    log = LogFile(backend.folder("shared")).header()
    backend.wait_for("shared")
    sockets = [backend.live("shared") for _ in range(12)]
    try:
        for socket in sockets:
            socket.__enter__()
            receive(socket)
        built.clear()
        log.step(1)
        assert [collect(socket, 1) for socket in sockets] == [[1]] * 12
        assert 1 <= len(built) <= 3
    finally:
        for socket in sockets:
            socket.close()


def test_frames_are_coalesced(backend: Backend) -> None:
    log = LogFile(backend.folder("busy")).header()
    backend.wait_for("busy")
    with backend.live("busy") as socket:
        receive(socket)
        started = time.monotonic()
        for step in range(1, 401):
            log.step(step)
        count, seen = 0, []
        while 400 not in seen:
            seen += steps_in(receive(socket))
            count += 1
        assert seen == list(range(1, 401))
        assert count <= (time.monotonic() - started) / 0.02 + 2


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_a_foreign_page_gets_no_socket(shared: Backend, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, shared.live(additional_headers={"Origin": origin}):
        pass
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body)["code"] == "foreign_origin"


def test_our_own_page_gets_one(shared: Backend) -> None:
    with shared.live(additional_headers={"Origin": shared.url}) as socket:
        assert receive(socket)["type"] == "hello"


def test_too_many_runs_are_refused(shared: Backend) -> None:
    with pytest.raises(InvalidStatus), shared.live(*(f"run-{n}" for n in range(51))):
        pass


def test_what_clients_say_is_of_no_interest(backend: Backend) -> None:
    log = LogFile(backend.folder("talk")).header()
    backend.wait_for("talk")
    with backend.live("talk") as socket:
        receive(socket)
        socket.send("hello?")
        socket.send(b"\x00")
        log.step(1)
        assert collect(socket, 1) == [1]
        socket.send("x" * 100_000)
        with pytest.raises(ConnectionClosed):
            collect(socket, 2)


def test_who_leaves_before_being_let_in_is_no_failure(backend: Backend, caplog: pytest.LogCaptureFixture) -> None:
    host, _, port = backend.url.removeprefix("http://").partition(":")
    head = f"GET /api/live HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    for _ in range(100):
        with sockets.create_connection((host, int(port))) as client:
            client.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))  # closed by a reset
            client.sendall((head + key).encode())
    with backend.live() as socket:
        receive(socket)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
