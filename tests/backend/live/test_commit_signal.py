import asyncio
import threading
from collections.abc import Collection

from services.backend.live.commit_signal import CommitSignal


def test_listeners_are_notified_from_any_thread() -> None:
    async def scene() -> list[bool]:
        signal = CommitSignal()
        signal.attach(asyncio.get_running_loop())
        with signal.subscribe(["a"]) as first, signal.subscribe(["a", "b"]) as second:
            thread = threading.Thread(target=signal.send, args=({"a"},))
            thread.start()
            await asyncio.wait_for(asyncio.gather(first.wait(), second.wait()), 5)
            thread.join()
            return [first.is_set(), second.is_set()]

    assert asyncio.run(scene()) == [True, True]


def test_commits_to_other_runs_notify_nobody() -> None:
    async def is_notified(wanted: Collection[str], changed: Collection[str] | None) -> bool:
        signal = CommitSignal()
        signal.attach(asyncio.get_running_loop())
        with signal.subscribe(wanted) as listener:
            signal.send(changed)
            await asyncio.sleep(0)
            return listener.is_set()

    assert asyncio.run(is_notified(["a", "b"], {"b", "c"}))
    assert not asyncio.run(is_notified(["a", "b"], {"c"}))
    assert not asyncio.run(is_notified(["a"], set()))
    assert asyncio.run(is_notified(["a"], None))
    assert asyncio.run(is_notified([], {"c"})), "a listener to no run is notified of all"


def test_a_signal_without_a_loop_or_listeners_is_lost() -> None:
    signal = CommitSignal()
    signal.send()

    async def scene() -> list[bool]:
        signal.attach(asyncio.get_running_loop())
        signal.send({"a"})
        await asyncio.sleep(0)
        with signal.subscribe(["a"]) as late:
            await asyncio.sleep(0)
            is_set_late = late.is_set()
            signal.detach()
            signal.send({"a"})
            await asyncio.sleep(0)
            return [is_set_late, late.is_set()]

    assert asyncio.run(scene()) == [False, False]
    signal.send()
