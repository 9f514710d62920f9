"""The reader of a browser's trace."""

from typing import Any

from bench.tasks import tasks_of

PAGE, OTHER = (1, 10), (2, 20)


def span(name: str, at_ms: float, ms: float, thread: tuple[int, int] = PAGE, **more: Any) -> dict[str, Any]:
    return {"ph": "X", "name": name, "ts": at_ms * 1e3, "dur": ms * 1e3, "pid": thread[0], "tid": thread[1], **more}


def named(thread: tuple[int, int], name: str = "CrRendererMain") -> dict[str, Any]:
    return {"ph": "M", "name": "thread_name", "pid": thread[0], "tid": thread[1], "args": {"name": name}}


def test_a_task_s_time_is_told_by_what_ran_in_it_each_counted_once() -> None:
    events = [
        named(PAGE),
        span("RunTask", 0, 100, tdur=60_000),
        span("RunTask", 0, 99),
        span("FunctionCall", 10, 50),
        span("MinorGC", 20, 5),
        span("Commit", 70, 20),
        span("RunTask", 200, 8),
    ]
    first, second = tasks_of(events)
    assert (first.ms, first.cpu_ms, first.at_s) == (100, 60, 0)
    assert first.self_ms == {"RunTask": 30, "FunctionCall": 45, "MinorGC": 5, "Commit": 20}
    assert (second.ms, second.cpu_ms, second.at_s) == (8, 8, 0.2)


def test_only_the_busiest_main_thread_counts() -> None:
    worker = (1, 11)
    events = [named(PAGE), named(OTHER), named(worker, "Worker")]
    events += [span("RunTask", 0, 5, OTHER), span("RunTask", 1, 9), span("RunTask", 0, 90, worker)]
    assert [task.ms for task in tasks_of(events)] == [9]
    assert tasks_of([named(PAGE)]) == []
