"""The whole REST surface under arguments of every kind, from the OpenAPI document: never a 5xx, always as declared."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.backend.openapi import document
from tests.harness.backend import Backend, LogFile, make_dataset, served
from tests.harness.waiting import DEADLINE_S, until
from trainer.contract.config import RunConfig

RUNS = ["ended", "failed", "going", "resumed", "nobody"]
"""The last is none."""
DOOMED = "doomed"
"""The only run that a fuzzed DELETE names."""
PATHS = ["checkpoints/step-2/lora.safetensors", "checkpoints/step-2", "samples", "../config.json"]
CLIPS = "CLIPS"
"""Stands for the data set's path, which is known only once the backend runs."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def fuzzed_document() -> dict[str, Any]:
    """The API's document, narrowed to ids, paths and metrics that exist and to configs that could be a run's. What is
    declared to be refused is made from its contrary all the same."""
    found: dict[str, Any] = json.loads(document())
    config = RunConfig.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = found["components"]["schemas"]
    schemas |= config.pop("$defs", {})
    schemas["RunCreate"]["properties"]["config"] = config
    schemas["RunCreate"]["properties"]["dataset_id"] = {"enum": [1, 3, None]}
    config["properties"]["dataset_base_path"] = {"enum": [CLIPS]}
    schemas["DatasetCreate"]["properties"]["base_path"] = {"enum": [CLIPS, "/"]}
    for methods in found["paths"].values():
        for method, operation in methods.items():
            for parameter in operation.get("parameters", []):
                match parameter["name"]:
                    case "run_id":
                        parameter["schema"] = {"enum": [DOOMED] if method == "delete" else RUNS}
                    case "dataset_id":
                        parameter["schema"] = {"enum": [2] if method == "delete" else [1, 3]}
                    case "item_id":
                        parameter["schema"] = {"enum": [1, 2, 3]}
                    case "run":
                        parameter["schema"]["items"] = {"enum": RUNS}
                    case "keys":
                        parameter["schema"]["anyOf"][0]["items"] = {
                            "enum": ["train/loss", "train/lr", "odd", "nothing"]
                        }
                    case "path":
                        parameter["schema"] = {"enum": PATHS}
    return found


api = schemathesis.openapi.from_dict(fuzzed_document())


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """A backend with a few runs of every kind."""
    with served(tmp_path_factory.mktemp("fuzzed")) as backend:
        for name in ("clips", "doomed"):  # the data sets 1 and 2; the third is whatever is registered
            base = make_dataset(backend.settings.data_roots[0] / name)
            backend.http.post("/api/datasets", json={"name": name, "base_path": str(base)}).raise_for_status()
        odd = {"values": {"train/loss": 0.5}, "nonfinite": {"odd": "nan"}}
        LogFile(backend.folder("ended")).header().steps(1, 5000).step(5001, **odd).end()
        LogFile(backend.folder(DOOMED)).header().steps(1, 10).end()
        LogFile(backend.folder("failed")).header().raw(b"no JSON\n").steps(1, 10).end("failed", code="x", message="y")
        LogFile(backend.folder("going")).header().steps(1, 10)
        LogFile(backend.folder("resumed")).header().steps(1, 10).end("stopped")
        LogFile(backend.folder("resumed"), attempt=2, log_id="log-2").header().steps(5, 20).end()
        file = backend.folder("ended") / "checkpoints" / "step-2" / "lora.safetensors"
        file.parent.mkdir(parents=True)
        file.write_bytes(b"weights")
        (backend.folder("ended") / "1.log").write_text("a line\n" * 1000)
        for run_id in (*RUNS[:-1], DOOMED):
            until(lambda run_id=run_id: backend.run(run_id), run_id)  # type: ignore[misc]
        backend.wait_for("ended", state="succeeded")
        yield backend


@api.parametrize()
@settings(
    max_examples=10,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_any_arguments_are_answered_as_declared(case: schemathesis.Case, fuzzed: Backend) -> None:
    if isinstance(case.body, dict):
        clips = json.dumps(str(fuzzed.settings.data_roots[0] / "clips"))
        case.body = json.loads(json.dumps(case.body).replace(f'"{CLIPS}"', clips))
    answer = case.call(base_url=fuzzed.url, timeout=DEADLINE_S)
    assert answer.status_code < 500, answer.text
    case.validate_response(answer, checks=CHECKS)


@pytest.mark.parametrize(
    "query",
    [
        {"buckets": -1},
        {"buckets": 0},
        {"buckets": 10**9},
        {"buckets": 2**70},
        {"buckets": 1.5},
        {"from": 10, "to": 1},
        {"from": "nan"},
        {"from": "-inf", "to": "inf"},
        {"from": 1e308, "to": 1.7e308},
        {"from": 1e300},
        {"from": -1e308},
        {"x": "sideways"},
        {"attempts": "some"},
        {"keys": ["k"] * 501},
        {"run": ["ended"] * 51},
        {"run": []},
    ],
    ids=str,
)
def test_absurd_windows_are_refused_in_the_one_shape(fuzzed: Backend, query: dict[str, Any]) -> None:
    answer = fuzzed.http.get("/api/metrics", params={"run": "ended", **query})
    assert answer.status_code == 422, answer.text
    assert set(answer.json()) == {"code", "message", "hint", "field"}


@pytest.mark.parametrize(
    "query",
    [
        {"from": 2**53, "to": 2**53},
        {"from": 5001.5, "to": 5001.7},
        {"from": 0, "to": 2**53, "buckets": 100_000},
        {"from": 0, "to": 2**53, "buckets": 1},
        {"from": 0, "to": 2**53, "x": "wall"},
        {"from": 0, "to": 2**53, "x": "relative", "buckets": 1},
        {"from": 3, "to": 3},
        {"keys": "no/such/metric"},
        {"keys": ""},
    ],
    ids=str,
)
def test_odd_windows_are_answered(fuzzed: Backend, query: dict[str, Any]) -> None:
    found = fuzzed.get("/api/metrics", **{"run": "ended", "keys": "train/loss", **query})
    for series in found["runs"][0]["series"]:
        lengths = {len(series[name]) for name in ("x", "mean", "min", "max", "count") if series[name] is not None}
        assert len(lengths) == 1
        assert lengths <= set(range(query.get("buckets", 1000) + 1))


@pytest.mark.parametrize(
    "run_id",
    ["%00", "%2e%2e", "%2e%2e%2fended", "a" * 5000, "ENDED", "%F0%9F%90%A6", "%ff%fe", ".trash-ended", "-", "%20"],
)
@pytest.mark.parametrize("path", ["", "/events", "/export", "/log", "/files/samples/x"])
def test_absurd_run_ids_are_not_found(fuzzed: Backend, run_id: str, path: str) -> None:
    answer = fuzzed.http.get(f"/api/runs/{run_id}{path}")
    assert answer.status_code == 404, answer.text
    assert answer.json()["code"] in ("run_not_found", "not_found")


@pytest.mark.parametrize("path", ["/api/metrics?run={}", "/api/runs/{}", "/api/runs/{}/export", "/api/runs/{}/events"])
def test_a_run_deleted_while_it_is_asked_for_is_whole_or_not_found(backend: Backend, path: str) -> None:
    last = 3000
    for number in range(3):
        run_id = f"doomed-{number}"
        LogFile(backend.folder(run_id)).header().steps(1, last).end()
        backend.wait_for(run_id, state="succeeded")
        whole = backend.http.get(path.format(run_id))
        assert whole.status_code == 200
        answers: list[httpx.Response] = []
        gone = threading.Event()

        def ask(
            url: str = path.format(run_id), found: list[httpx.Response] = answers, end: threading.Event = gone
        ) -> None:
            with httpx.Client(base_url=backend.url, timeout=DEADLINE_S) as client:
                while not end.is_set() or found[-1].status_code != 404:
                    found.append(client.get(url))

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        until(lambda found=answers: len(found) >= 3, "the first answers")  # type: ignore[misc]
        assert backend.http.delete(f"/api/runs/{run_id}").status_code == 204
        gone.set()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()
        assert {answer.status_code for answer in answers} == {200, 404}
        for answer in answers:
            if answer.status_code == 200 and "cursor" not in answer.text:
                assert answer.content == whole.content
            elif answer.status_code == 404:
                assert answer.json()["code"] == "run_not_found"
        assert not backend.folder(run_id).exists()
