"""All that the API says of the runs and data sets of a database, so that two databases or two codes can be compared."""

from collections.abc import Callable
from typing import Any

Get = Callable[..., Any]
"""Asks the API for a path with parameters, and returns the answer's JSON."""


def answers(get: Get) -> dict[str, Any]:
    """Collect the answers by path, without what names the database or the place of the run folder.

    Two times are left out, too, for a rebuild finds them only nearly: when a run was made, and when an attempt that is
    not the newest ended (the shim's word of it, `exit.json`, is that of the newest).
    """
    runs = get("/api/runs")
    found: dict[str, Any] = {"/api/datasets": get("/api/datasets"), "/api/runs": [_listed(run) for run in runs]}
    for run in runs:
        path = f"/api/runs/{run['id']}"
        found[path] = _detailed(get(path))
        for part in ("checkpoints", "samples"):
            found[f"{path}/{part}"] = get(f"{path}/{part}")
        events = [_without(event, "id") for event in get(f"{path}/events")]
        found[f"{path}/events"] = sorted(events, key=lambda event: (event["attempt"], event["rank"], event["ts"]))
        for buckets in (5, 20_000):
            metrics = get("/api/metrics", run=run["id"], buckets=buckets, attempts="all")
            found[f"{path} in {buckets} buckets"] = _rounded(_without(metrics, "cursor"))
    return found


def of_dataset(get: Get, dataset_id: int) -> dict[str, Any]:
    """Collect what the API says of one data set."""
    path = f"/api/datasets/{dataset_id}"
    return {path + part: get(path + part) for part in ("", "/items", "/summary", "/rules", "/faults")}


def assert_kept(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Assert that all of `before` is in `after` as it was. Fields and rules that came since are no matter."""
    assert after.keys() >= before.keys()
    for path, answer in before.items():
        assert _restricted(after[path], answer) == answer, path


def assert_equal(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Assert that two databases give the same answers."""
    assert after.keys() == before.keys()
    for path, answer in before.items():
        assert after[path] == answer, path


def _listed(run: dict[str, Any]) -> dict[str, Any]:
    """In which pieces a log was read shows in the last digits of means."""
    return {**_without(run, "created_at"), "sparkline": [f"{mean:.9g}" for mean in run["sparkline"]]}


def _detailed(run: dict[str, Any]) -> dict[str, Any]:
    *before, newest = run["attempts"] or [{}]
    attempts = [*(_without(attempt, "ended_at") for attempt in before), newest]
    return {**_without(run, "folder", "created_at"), "attempts": attempts}


def _rounded(metrics: dict[str, Any]) -> dict[str, Any]:
    for series in (series for run in metrics["runs"] for series in run["series"]):
        series["mean"] = [f"{mean:.9g}" for mean in series["mean"]]
    return metrics


def _without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in names}


def _restricted(answer: Any, fields: Any) -> Any:
    """`answer` with only those fields of its objects that `fields` has, too."""
    if isinstance(answer, dict) and isinstance(fields, dict):
        answer = {key: value for key, value in answer.items() if key in fields}
        if "rules" in fields:
            answer["rules"] = answer["rules"][: len(fields["rules"])]  # new ones come last
        return {key: _restricted(value, fields[key]) for key, value in answer.items()}
    if isinstance(answer, list) and isinstance(fields, list) and len(answer) == len(fields):
        return [_restricted(one, other) for one, other in zip(answer, fields, strict=True)]
    return answer
