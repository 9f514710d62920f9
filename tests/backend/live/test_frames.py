import asyncio
import threading

import pytest

from services.backend.database.db import Database
from services.backend.live import frames
from services.backend.live.frames import Frame, Frames


def two_at_once(db: Database, monkeypatch: pytest.MonkeyPatch, readings: list[Frame]) -> list[tuple[Frame, bool]]:
    """What two readers after tick 5 are given, the second of whom comes while the first reads. `readings` of the
    database follow one another."""
    begun, may_end, left = threading.Event(), threading.Event(), iter(readings)

    def build(*_: object) -> Frame:
        found = next(left)
        begun.set()
        assert may_end.wait(10)
        return found

    monkeypatch.setattr(frames, "build", build)

    async def scene() -> list[tuple[Frame, bool]]:
        shelf = Frames(db)
        first = asyncio.create_task(shelf.after(5, ()))
        await asyncio.to_thread(begun.wait)
        second = asyncio.create_task(shelf.after(5, ()))
        await asyncio.sleep(0)
        may_end.set()
        return [await first, await second]

    return asyncio.run(scene())


def test_who_shares_a_reading_is_told_that_it_began_before(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise what was committed meanwhile, and heard of, would be waited for until the next commit."""
    news = Frame("{}", 6)
    assert two_at_once(db, monkeypatch, [news]) == [(news, True), (news, False)]


def test_who_shares_a_reading_that_found_nothing_reads_again(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing, news = Frame("", 5), Frame("{}", 6)
    assert two_at_once(db, monkeypatch, [nothing, news]) == [(nothing, True), (news, True)]
