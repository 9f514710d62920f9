import time

import pytest

from trainer.training.job import Interval


def test_it_is_due_when_the_minutes_have_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    interval, never = Interval(1.5), Interval(None)
    now += 89.9
    assert not interval.due()
    now += 0.2
    assert interval.due()
    assert interval.due(), "until it is done"
    interval.restart()
    assert not interval.due()
    now += 1e9
    assert interval.due()
    assert not never.due()
