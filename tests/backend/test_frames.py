import asyncio
import threading

import pytest

from services.backend import frames
from services.backend.db import Database
from services.backend.frames import Frame, Frames


def test_who_shares_a_reading_is_told_that_it_began_before(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise what was committed meanwhile, and heard of, would be waited for until the next commit."""
    begun, may_end = threading.Event(), threading.Event()

    def build(session: object, tick: int, run_ids: tuple[str, ...]) -> Frame:
        begun.set()
        assert may_end.wait(10)
        return Frame("{}", tick + 1)

    monkeypatch.setattr(frames, "build", build)

    async def scene() -> list[tuple[Frame, bool]]:
        shelf = Frames(db)
        first = asyncio.create_task(shelf.after(5, ()))
        await asyncio.to_thread(begun.wait)
        second = asyncio.create_task(shelf.after(5, ()))
        await asyncio.sleep(0)
        may_end.set()
        return [await first, await second]

    assert asyncio.run(scene()) == [(Frame("{}", 6), True), (Frame("{}", 6), False)]


def test_who_shares_a_reading_that_found_nothing_reads_again(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_end, count = threading.Event(), threading.Event(), iter((0, 1))

    def build(session: object, tick: int, run_ids: tuple[str, ...]) -> Frame:
        found = next(count)
        begun.set()
        assert may_end.wait(10)
        return Frame("{}" if found else "", tick + found)

    monkeypatch.setattr(frames, "build", build)

    async def scene() -> list[tuple[Frame, bool]]:
        shelf = Frames(db)
        first = asyncio.create_task(shelf.after(5, ()))
        await asyncio.to_thread(begun.wait)
        second = asyncio.create_task(shelf.after(5, ()))
        await asyncio.sleep(0)
        may_end.set()
        return [await first, await second]

    assert asyncio.run(scene()) == [(Frame("", 5), True), (Frame("{}", 6), True)]
