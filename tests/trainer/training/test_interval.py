import time

import pytest

from trainer.training.interval import Interval


def test_it_is_due_when_the_minutes_have_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    rhythm, never = Interval(1.5), Interval(None)
    now += 89.9
    assert not rhythm.due()
    now += 0.2
    assert rhythm.due()
    assert rhythm.due(), "until it is done"
    rhythm.restart()
    assert not rhythm.due()
    now += 1e9
    assert rhythm.due()
    assert not never.due()
