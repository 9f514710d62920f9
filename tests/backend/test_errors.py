"""Bad input over REST: each gets a status that fits and the one shape, with what is wrong and what to do."""

from pathlib import Path
from typing import Any

import pytest

from services.backend.schemas import ErrorBody
from tests.harness.backend import Backend, LogFile, make_dataset

OK = "clips"


@pytest.fixture(scope="module", autouse=True)
def scene(shared: Backend) -> None:
    root = shared.settings.data_roots[0]
    make_dataset(root / OK)
    make_dataset(root / "no-rows", rows=0)
    (root / "no-metadata").mkdir()
    (root / "no-column").mkdir()
    (root / "no-column" / "metadata.csv").write_text("video,words\na.mp4,x\n")
    (root / "binary").mkdir()
    (root / "binary" / "metadata.csv").write_bytes(b"video,prompt\n\xff\xfe\n")
    (root / "utf-16").mkdir()
    (root / "utf-16" / "metadata.csv").write_bytes("video,prompt\n".encode("utf-16-be"))
    (root / "escape").symlink_to("/etc")
    LogFile(shared.folder("ended")).header().step(1).end()
    shared.wait_for("ended", state="succeeded")


def config(**fields: Any) -> dict[str, Any]:
    return {"json": {"config": {"dataset_base_path": f"{{root}}/{OK}", **fields}}}


def dataset(**fields: Any) -> dict[str, Any]:
    return {"json": {"name": "d", "base_path": f"{{root}}/{OK}", **fields}}


CASES: list[tuple[str, str, dict[str, Any], int, str, str | None]] = [
    ("GET", "/api/nothing", {}, 404, "not_found", None),
    ("GET", "/api", {}, 404, "not_found", None),
    ("POST", "/api/nothing", {}, 404, "not_found", None),
    ("PUT", "/api/runs", {}, 405, "method_not_allowed", None),
    ("DELETE", "/api/health", {}, 405, "method_not_allowed", None),
    ("POST", "/", {}, 405, "method_not_allowed", None),
    ("GET", "/api/runs/none", {}, 404, "run_not_found", "run_id"),
    ("DELETE", "/api/runs/none", {}, 404, "run_not_found", "run_id"),
    ("POST", "/api/runs/none/stop", {}, 404, "run_not_found", "run_id"),
    ("POST", "/api/runs/none/resume", {}, 404, "run_not_found", "run_id"),
    ("GET", "/api/runs/none/events", {}, 404, "run_not_found", "run_id"),
    ("GET", "/api/runs/none/faults", {}, 404, "run_not_found", "run_id"),
    ("GET", "/api/runs/none/log", {}, 404, "run_not_found", "run_id"),
    ("GET", "/api/runs/none/samples", {}, 404, "run_not_found", "run_id"),
    ("GET", "/api/runs/none/checkpoints", {}, 404, "run_not_found", "run_id"),
    ("GET", "/api/runs/none/files/samples/a", {}, 404, "run_not_found", "run_id"),
    ("GET", "/api/runs/ended/files/samples/a", {}, 404, "file_not_found", None),
    ("GET", "/api/runs/ended/log", {}, 404, "log_not_found", None),
    ("GET", "/api/runs/ended/log?attempt=0", {}, 422, "invalid_field", "attempt"),
    ("GET", "/api/runs/ended/log?limit=99999999999", {}, 422, "invalid_field", "limit"),
    ("GET", "/api/runs/ended/events?after=-1", {}, 422, "invalid_field", "after"),
    ("GET", "/api/runs/ended/events?after=99999999999999999999", {}, 422, "invalid_field", "after"),
    ("POST", "/api/runs/ended/stop", {}, 409, "run_ended", None),
    ("POST", "/api/runs/ended/resume", {}, 409, "not_resumable", None),
    ("GET", "/api/metrics", {}, 422, "missing_field", "run"),
    ("GET", "/api/metrics?run=none", {}, 404, "run_not_found", "run_id"),
    ("GET", "/api/metrics?run=ended&from=9&to=3", {}, 422, "invalid_field", "from"),
    ("GET", "/api/metrics?run=ended&buckets=0", {}, 422, "invalid_field", "buckets"),
    ("GET", "/api/metrics?run=ended&buckets=1000000000", {}, 422, "invalid_field", "buckets"),
    ("GET", "/api/metrics?run=ended&from=x", {}, 422, "invalid_field", "from"),
    ("POST", "/api/runs", {"content": b"{"}, 422, "invalid_json", None),
    (
        "POST",
        "/api/runs",
        {"content": b"{", "headers": {"content-type": "application/json"}},
        422,
        "invalid_json",
        None,
    ),
    ("POST", "/api/runs", {}, 422, "missing_field", None),
    ("POST", "/api/runs", {"json": []}, 422, "invalid_field", None),
    ("POST", "/api/runs", {"json": {}}, 422, "missing_field", "config"),
    ("POST", "/api/runs", {"json": {"config": {}, "more": 1}}, 422, "invalid_field", "more"),
    ("POST", "/api/runs", {"json": {"config": 3}}, 422, "invalid_field", "config"),
    ("POST", "/api/runs", {"json": {"config": {}}}, 422, "missing_key", "dataset_base_path"),
    ("POST", "/api/runs", config(learning_rte=1), 422, "unknown_key", "learning_rte"),
    ("POST", "/api/runs", config(height=100), 422, "invalid_value", "height"),
    ("POST", "/api/runs", config(num_frames=16), 422, "invalid_value", "num_frames"),
    ("POST", "/api/runs", config(name="../up"), 422, "invalid_value", "name"),
    ("POST", "/api/runs", config(lora_rank="many"), 422, "invalid_value", "lora_rank"),
    ("POST", "/api/runs", config(dataset_base_path="{root}/none"), 422, "dataset_missing", "dataset_base_path"),
    (
        "POST",
        "/api/runs",
        config(dataset_base_path="{root}/" + "x" * 5000),
        422,
        "dataset_missing",
        "dataset_base_path",
    ),
    ("POST", "/api/runs", config(dataset_base_path="{root}/\0"), 422, "invalid_path", "dataset_base_path"),
    ("POST", "/api/runs", config(dataset_base_path="/etc"), 403, "outside_data_roots", "dataset_base_path"),
    ("POST", "/api/runs", config(dataset_base_path="{root}/../.."), 403, "outside_data_roots", "dataset_base_path"),
    ("POST", "/api/runs", config(dataset_base_path="{root}/escape"), 403, "outside_data_roots", "dataset_base_path"),
    (
        "POST",
        "/api/runs",
        config(dataset_metadata_path="/etc/passwd"),
        403,
        "outside_data_roots",
        "dataset_metadata_path",
    ),
    (
        "POST",
        "/api/runs",
        config(dataset_base_path="{root}/no-metadata"),
        422,
        "metadata_missing",
        "dataset_metadata_path",
    ),
    ("POST", "/api/runs", config(dataset_base_path="{root}/no-rows"), 422, "metadata_empty", "dataset_metadata_path"),
    ("POST", "/api/datasets", dataset(base_path="{root}/none"), 422, "dataset_missing", "base_path"),
    ("POST", "/api/datasets", dataset(base_path="{root}/no-column"), 422, "metadata_columns", "metadata_path"),
    ("POST", "/api/datasets", dataset(base_path="{root}/utf-16"), 422, "metadata_unreadable", "metadata_path"),
    ("POST", "/api/datasets", dataset(base_path="{root}/no-rows"), 422, "metadata_empty", "metadata_path"),
    ("POST", "/api/datasets", dataset(metadata_path="none.csv"), 422, "metadata_missing", "metadata_path"),
    ("POST", "/api/datasets", dataset(metadata_path="\0"), 422, "invalid_path", "metadata_path"),
    ("GET", "/api/datasets/999", {}, 404, "dataset_not_found", None),
    ("DELETE", "/api/datasets/999", {}, 404, "dataset_not_found", None),
    ("GET", "/api/datasets/999/items", {}, 404, "dataset_not_found", None),
    ("POST", "/api/datasets/999/scan", {}, 404, "dataset_not_found", None),
    ("GET", "/api/datasets/0", {}, 422, "invalid_field", "dataset_id"),
    ("POST", "/api/runs", {"json": {"config": {}, "dataset_id": 999}}, 404, "dataset_not_found", None),
    ("POST", "/api/datasets", dataset(base_path="/etc"), 403, "outside_data_roots", "base_path"),
    ("POST", "/api/datasets", dataset(name=""), 422, "invalid_field", "name"),
    ("POST", "/api/agents/claim", {"json": {"agent_id": "", "host": "h"}}, 422, "invalid_field", "agent_id"),
]


def fill(value: Any, root: Path) -> Any:
    if isinstance(value, dict):
        return {key: fill(item, root) for key, item in value.items()}
    return value.replace("{root}", str(root)) if isinstance(value, str) else value


@pytest.mark.parametrize(("method", "path", "request_", "status", "code", "field"), CASES)
def test_bad_input_is_answered_in_one_shape(
    shared: Backend, method: str, path: str, request_: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    answer = shared.http.request(method, path, **fill(request_, shared.settings.data_roots[0]))
    body = ErrorBody.model_validate_json(answer.content)
    assert (answer.status_code, body.code, body.field) == (status, code, field)
    assert body.message.endswith(".")
    assert body.hint.endswith((".", "?", "prompt"))
    assert len(body.model_dump_json()) < 6000


def test_nothing_was_made_of_it(shared: Backend) -> None:
    assert [run["id"] for run in shared.get("/api/runs")] == ["ended"]


def test_an_outside_path_says_how_to_allow_it(shared: Backend) -> None:
    answer = shared.http.post("/api/datasets", json={"name": "d", "base_path": "/etc"})
    assert "LORADECK_DATA_ROOTS" in answer.json()["hint"]


def test_a_fault_of_ours_is_answered_in_the_same_shape(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("services.backend.runs.queries.list_runs", fail)
    answer = backend.http.get("/api/runs")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text
