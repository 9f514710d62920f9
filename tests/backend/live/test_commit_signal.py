import asyncio
import threading
from collections.abc import Collection

from services.backend.live.commit_signal import Bell


def test_who_listens_hears_it_from_any_thread() -> None:
    async def scene() -> None:
        bell = Bell()
        bell.attach(asyncio.get_running_loop())
        with bell.listening(["a"]) as first, bell.listening(["a", "b"]) as second:
            thread = threading.Thread(target=bell.ring, args=({"a"},))
            thread.start()
            await asyncio.wait_for(asyncio.gather(first.wait(), second.wait()), 5)
            thread.join()

    asyncio.run(scene())


def test_what_is_about_other_runs_is_not_heard() -> None:
    async def heard(wanted: Collection[str], about: Collection[str] | None) -> bool:
        bell = Bell()
        bell.attach(asyncio.get_running_loop())
        with bell.listening(wanted) as ear:
            bell.ring(about)
            await asyncio.sleep(0)
            return ear.is_set()

    assert asyncio.run(heard(["a", "b"], {"b", "c"}))
    assert not asyncio.run(heard(["a", "b"], {"c"}))
    assert not asyncio.run(heard(["a"], set()))
    assert asyncio.run(heard(["a"], None))
    assert asyncio.run(heard([], {"c"})), "who asks for no run is told of all"


def test_it_can_be_rung_when_nobody_is_there() -> None:
    bell = Bell()
    bell.ring()

    async def scene() -> None:
        bell.attach(asyncio.get_running_loop())
        bell.ring({"a"})
        await asyncio.sleep(0)
        bell.detach()

    asyncio.run(scene())
    bell.ring()
