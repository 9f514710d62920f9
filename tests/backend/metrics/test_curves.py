import random
from typing import Any

import pytest

from tests.harness.backend import Backend, LogFile
from trainer.contract import events


def series(backend: Backend, run_id: str, key: str = "train/loss", **window: Any) -> dict[str, Any]:
    (found,) = backend.get("/api/metrics", run=run_id, keys=key, **window)["runs"][0]["series"]
    assert found["key"] == key
    return dict(found)


LOSSES = [random.Random(3).uniform(0, 1) for _ in range(2000)]


@pytest.fixture(scope="module", autouse=True)
def noisy(shared: Backend) -> None:
    """2,000 steps with a spike at 777, an evaluation at 0 and each 100 steps, and some GPU memory."""
    log = LogFile(shared.folder("noisy")).header()
    LOSSES[776] = 1000.0
    lines = [log.line(events.Eval, step=0, epoch=0, values={"eval/loss": 9.0})]
    for step, loss in enumerate(LOSSES, start=1):
        lines.append(log.line(events.Step, step=step, epoch=0, values={"train/loss": loss}))
        if step % 100 == 0:
            lines.append(log.line(events.Eval, step=step, epoch=0, values={"eval/loss": float(step)}))
            lines.append(log.line(events.System, values={"system/gpu.0.memory_gb": step / 100}))
    log.raw(b"".join(lines))
    shared.wait_for("noisy", step=2000)


def test_what_fits_comes_raw(shared: Backend) -> None:
    window = shared.get("/api/metrics", run="noisy", keys="train/loss", buckets=2001)
    assert (window["x"], window["from_x"], window["to_x"], window["bucket"]) == ("step", 0, 2000, None)
    found = series(shared, "noisy", buckets=2001)
    assert found["x"] == list(range(1, 2001))
    assert found["mean"] == LOSSES
    assert found["min"] is found["max"] is None


@pytest.mark.parametrize(("first", "last"), [(1, 2000), (700, 800), (777, 777), (1999, 5000), (3000, 4000)])
@pytest.mark.parametrize("buckets", [1, 7, 100, 5000])
def test_every_window_has_exact_extremes_and_means(shared: Backend, first: int, last: int, buckets: int) -> None:
    window: dict[str, Any] = {"from": first, "to": last, "buckets": buckets}
    grid = shared.get("/api/metrics", run="noisy", keys="train/loss", **window)
    found = series(shared, "noisy", **window)
    if last - first < buckets:
        assert grid["bucket"] is None
        assert (found["x"], found["mean"]) == (list(range(first, min(last, 2000) + 1)), LOSSES[first - 1 : last])
        assert found["min"] is found["max"] is found["count"] is None
        return
    width = int(grid["bucket"])
    assert last // width - first // width < buckets
    expected: dict[int, list[float]] = {}
    for step in range(first, min(last, 2000) + 1):
        expected.setdefault(step // width * width, []).append(LOSSES[step - 1])
    assert found["x"] == list(expected)
    assert found["mean"] == pytest.approx([sum(values) / len(values) for values in expected.values()])
    assert found["min"] == [min(values) for values in expected.values()]
    assert found["max"] == [max(values) for values in expected.values()]
    assert found["count"] == [len(values) for values in expected.values()]
    assert found["last"] == (list(expected.values())[-1][-1] if expected else None)


def test_metrics_of_other_rhythms_are_on_the_same_grid(shared: Backend) -> None:
    assert series(shared, "noisy", "eval/loss", buckets=5000)["x"] == [0, *range(100, 2001, 100)]
    assert series(shared, "noisy", "system/gpu.0.memory_gb", buckets=5000)["x"] == list(range(100, 2001, 100))
    found = shared.get("/api/metrics", run="noisy", buckets=100)
    assert [one["key"] for one in found["runs"][0]["series"]] == ["eval/loss", "system/gpu.0.memory_gb", "train/loss"]
    assert all(step % found["bucket"] == 0 for one in found["runs"][0]["series"] for step in one["x"])


def test_unknown_keys_are_no_series(shared: Backend) -> None:
    assert shared.get("/api/metrics", run="noisy", keys="train/los")["runs"][0]["series"] == []


def test_several_runs_share_one_grid(backend: Backend) -> None:
    for name, last in (("a", 300), ("b", 100)):
        LogFile(backend.folder(name)).header().steps(1, last)
        backend.wait_for(name, step=last)
    found = backend.get("/api/metrics", run=["b", "a", "b"], keys="train/loss", buckets=30)
    assert [run["run_id"] for run in found["runs"]] == ["b", "a"]
    assert (found["from_x"], found["to_x"], found["bucket"]) == (1, 300, 11)
    assert found["runs"][0]["series"][0]["x"] == list(range(0, 101, 11))
    assert found["runs"][1]["series"][0]["x"] == list(range(0, 301, 11))


def test_where_a_resumed_run_went_back_the_newest_attempt_shows(backend: Backend) -> None:
    folder = backend.folder("back")
    for attempt, (first, last) in enumerate([(1, 20), (11, 15), (14, 16)], start=1):
        log = LogFile(folder, attempt=attempt, log_id=f"log-{attempt}").header()
        log.write(events.Eval, step=first - 1, epoch=0, values={"eval/loss": float(attempt)})
        for step in range(first, last + 1):
            values = {"train/loss": float(attempt)}
            nonfinite = {"train/lr": "nan"} if step in (12, 14) else {}
            log.write(events.Step, step=step, epoch=0, values=values, nonfinite=nonfinite)
        if last == 20:
            log.write(events.Eval, step=20, epoch=0, values={"eval/loss": 99.0})
    backend.wait_for("back", attempt=3, step=16)
    found = series(backend, "back")
    assert found["x"] == list(range(1, 17))
    assert found["mean"] == [1.0] * 10 + [2.0] * 3 + [3.0] * 3
    assert series(backend, "back", "train/lr")["nonfinite"] == [
        {"x": 12.0, "step": 12, "what": "nan", "count": 1},
        {"x": 14.0, "step": 14, "what": "nan", "count": 1},
    ]
    evals = series(backend, "back", "eval/loss")
    assert (evals["x"], evals["mean"]) == ([0, 10, 13], [1.0, 2.0, 3.0])


def test_sums_do_not_overflow(backend: Backend) -> None:
    log = LogFile(backend.folder("huge")).header()
    for step in range(1, 11):
        log.write(events.Step, step=step, epoch=0, values={"train/loss": 1.7e308 if step % 2 else -1.7e308})
    backend.wait_for("huge", step=10)
    found = series(backend, "huge", buckets=1)
    assert (found["min"], found["max"]) == ([-1.7e308], [1.7e308])
    assert abs(found["mean"][0]) <= 1.7e308


def test_a_run_without_steps_has_an_empty_window(backend: Backend) -> None:
    LogFile(backend.folder("empty")).header()
    backend.wait_for("empty")
    found = backend.get("/api/metrics", run="empty")
    runs = [{"run_id": "empty", "attempt": None, "t0": None, "series": []}]
    assert (found["from_x"], found["to_x"], found["runs"]) == (0, 0, runs)
