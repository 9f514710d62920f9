import asyncio
import threading

from services.backend.bell import QUIET_S, Bell


def test_those_who_wait_hear_it_from_any_thread() -> None:
    async def scene() -> list[int]:
        bell = Bell()
        bell.attach(asyncio.get_running_loop(), 5)
        waiting = [asyncio.create_task(bell.wait(5)) for _ in range(3)]
        await bell.wait(4)  # was rung already
        thread = threading.Thread(target=bell.ring, args=(6,))
        thread.start()
        await asyncio.wait_for(asyncio.gather(*waiting), 5)
        thread.join()
        return [bell.tick]

    assert asyncio.run(scene()) == [6]


def test_many_rings_are_few() -> None:
    async def scene() -> tuple[int, float]:
        loop = asyncio.get_running_loop()
        bell = Bell()
        bell.attach(loop, 0)
        heard, tick, started = 0, 0, loop.time()
        ringing = asyncio.create_task(ring_often(bell))
        while tick < 100:
            await asyncio.wait_for(bell.wait(tick), 5)
            tick = bell.tick
            heard += 1
        await ringing
        return heard, loop.time() - started

    async def ring_often(bell: Bell) -> None:
        for tick in range(1, 101):
            bell.ring(tick)
            await asyncio.sleep(0.001)

    heard, took_s = asyncio.run(scene())
    assert heard <= took_s / QUIET_S + 2


def test_it_can_be_rung_when_nobody_is_there() -> None:
    bell = Bell()
    bell.ring(1)

    async def scene() -> None:
        bell.attach(asyncio.get_running_loop(), 1)
        bell.ring(2)
        bell.ring(3)
        await asyncio.sleep(0)
        bell.detach()

    asyncio.run(scene())
    bell.ring(4)
