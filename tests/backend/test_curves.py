import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.backend.curves import columns
from tests.backend.support import Backend, LogFile
from trainer.contract import events


def series(backend: Backend, run_id: str, key: str = "train/loss", **window: Any) -> dict[str, Any]:
    (found,) = backend.get("/api/metrics", run=run_id, key=key, **window)["runs"][0]["series"]
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
    window = shared.get("/api/metrics", run="noisy", key="train/loss", buckets=2001)
    assert (window["from_step"], window["to_step"], window["bucket_steps"]) == (0, 2000, 1)
    found = series(shared, "noisy", buckets=2001)
    assert found["step"] == list(range(1, 2001))
    assert found["mean"] == LOSSES
    assert found["min"] is found["max"] is None


@pytest.mark.parametrize(("first", "last"), [(1, 2000), (700, 800), (777, 777), (1999, 5000), (3000, 4000)])
@pytest.mark.parametrize("buckets", [1, 7, 100, 5000])
def test_every_window_has_exact_extremes_and_means(shared: Backend, first: int, last: int, buckets: int) -> None:
    window: dict[str, Any] = {"from": first, "to": last, "buckets": buckets}
    width = shared.get("/api/metrics", run="noisy", key="train/loss", **window)["bucket_steps"]
    assert (last - first + 1) / width <= buckets
    expected: dict[int, list[float]] = {}
    for step in range(first, min(last, 2000) + 1):
        expected.setdefault(first + (step - first) // width * width, []).append(LOSSES[step - 1])
    found = series(shared, "noisy", **window)
    assert found["step"] == list(expected)
    assert found["mean"] == pytest.approx([sum(values) / len(values) for values in expected.values()])
    if width > 1:
        assert found["min"] == [min(values) for values in expected.values()]
        assert found["max"] == [max(values) for values in expected.values()]


def test_metrics_of_other_rhythms_are_on_the_same_grid(shared: Backend) -> None:
    assert series(shared, "noisy", "eval/loss", buckets=5000)["step"] == [0, *range(100, 2001, 100)]
    assert series(shared, "noisy", "system/gpu.0.memory_gb", buckets=5000)["step"] == list(range(100, 2001, 100))
    found = shared.get("/api/metrics", run="noisy", buckets=100)
    assert [one["key"] for one in found["runs"][0]["series"]] == ["eval/loss", "system/gpu.0.memory_gb", "train/loss"]
    assert all(
        (step - found["from_step"]) % found["bucket_steps"] == 0
        for one in found["runs"][0]["series"]
        for step in one["step"]
    )


def test_unknown_keys_are_no_series(shared: Backend) -> None:
    assert shared.get("/api/metrics", run="noisy", key="train/los")["runs"] == [{"run_id": "noisy", "series": []}]


def test_several_runs_share_one_grid(backend: Backend) -> None:
    for name, last in (("a", 300), ("b", 100)):
        LogFile(backend.folder(name)).header().steps(1, last)
        backend.wait_for(name, step=last)
    found = backend.get("/api/metrics", run=["b", "a", "b"], key="train/loss", buckets=30)
    assert [run["run_id"] for run in found["runs"]] == ["b", "a"]
    assert (found["from_step"], found["to_step"], found["bucket_steps"]) == (1, 300, 10)
    assert found["runs"][0]["series"][0]["step"] == list(range(1, 101, 10))
    assert found["runs"][1]["series"][0]["step"] == list(range(1, 301, 10))


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
    assert found["step"] == list(range(1, 17))
    assert found["mean"] == [1.0] * 10 + [2.0] * 3 + [3.0] * 3
    assert series(backend, "back", "train/lr")["nonfinite"] == [
        {"step": 12, "what": "nan"},
        {"step": 14, "what": "nan"},
    ]
    evals = series(backend, "back", "eval/loss")
    assert (evals["step"], evals["mean"]) == ([0, 10, 13], [1.0, 2.0, 3.0])


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
    assert (found["from_step"], found["to_step"], found["runs"]) == (0, 0, [{"run_id": "empty", "series": []}])


@settings(suppress_health_check=list(HealthCheck))
@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.floats(allow_nan=False)), max_size=6))
def test_columns_are_as_long_as_their_rows(rows: list[dict[str, float]]) -> None:
    found = columns(rows)
    assert all(len(column) == len(rows) for column in found.values())
    for at, row in enumerate(rows):
        assert {key: column[at] for key, column in found.items() if column[at] is not None} == row
