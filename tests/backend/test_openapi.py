import json
import tomllib
from pathlib import Path
from typing import Any

from services.backend import __version__
from services.backend.openapi import document
from tests.harness.backend import Backend


def test_the_document_is_stable_and_touches_nothing(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert document() == document()
    assert list(tmp_path.iterdir()) == []
    assert document().endswith("}\n")


def test_every_route_has_a_name_and_the_one_error() -> None:
    found = json.loads(document())
    names = []
    for methods in found["paths"].values():
        for operation in methods.values():
            names.append(operation["operationId"])
            for status in ("4XX", "5XX"):
                schema = operation["responses"][status]["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorBody"}
            assert "422" not in operation["responses"]
    assert len(names) == len(set(names))
    assert {"list_runs", "create_run", "read_metrics", "claim_run"} <= set(names)


def test_the_live_frames_are_declared() -> None:
    found = json.loads(document())
    schema = found["webhooks"]["live"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert [one["$ref"].rpartition("/")[2] for one in schema["anyOf"]] == ["LiveHello", "LiveFrame"]
    assert "type" in found["components"]["schemas"]["LiveFrame"]["required"]


def test_the_served_document_is_the_printed_one(shared: Backend) -> None:
    assert shared.get("/api/openapi.json") == json.loads(document())


def test_the_version_is_the_package_s() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert __version__ == project["project"]["version"]


def test_presets_and_health_answer(shared: Backend) -> None:
    presets = shared.get("/api/presets")
    assert {preset["id"] for preset in presets} >= {"tiny-wan", "wan2.2-ti2v-5b"}
    health = shared.get("/api/health")
    assert health["version"] == __version__
    assert any("No agent is online" in problem for problem in health["problems"])
    shared.claim()
    assert shared.get("/api/health")["status"] == "ok"
