"""The file for GPU hosts as it is: with what NVIDIA's toolkit leaves on a host, and without."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.conftest import Up
from tests.compose.engine import Engine
from tests.compose.stack import CPU_FILES, GPU_FILE, Stack, free_port
from tests.harness.waiting import until


@pytest.fixture
def with_toolkit(engine: Engine) -> Iterator[None]:
    engine.gpu_log.unlink(missing_ok=True)
    engine.stop()
    engine.start(fake_gpu=True)
    yield
    engine.stop()
    engine.start()


def test_all_gpus_are_asked_for(engine: Engine, images: None, with_toolkit: None, up: Up) -> None:
    with up(COMPOSE_FILE=GPU_FILE) as stack:
        (agent,) = until(lambda: stack.get("/api/health")["agents"], "the agent")
        assert agent["gpus"] == ["Pretended GPU"]
        device = stack.container("trainer")["HostConfig"]["DeviceRequests"][0]
        assert (device["Driver"], device["Count"], device["Capabilities"]) == ("nvidia", -1, [["gpu"]])
        assert stack.container("trainer")["HostConfig"]["ShmSize"] == 8 << 30
    (asked,) = [json.loads(line) for line in engine.gpu_log.read_text().splitlines()]
    assert asked["hostname"] == "trainer"
    assert "NVIDIA_VISIBLE_DEVICES=all" in asked["asked"]


def test_without_a_driver_up_says_what_is_missing_and_what_to_do(
    engine: Engine, images: None, checkout: Path, clips: Path
) -> None:
    settings = {"COMPOSE_FILE": GPU_FILE, "LORADECK_DATA_DIR": str(clips), "LORADECK_PORT": str(free_port())}
    stack = Stack(engine, checkout, settings)
    try:
        said = stack.compose("up", "--no-build", fails=True)
        assert 'could not select device driver "nvidia"' in said
        assert "No NVIDIA driver is loaded on this host" in said
        assert f"COMPOSE_FILE={CPU_FILES}" in said
        # The page is there and says the same.
        stack.sign_in()
        (problem,) = [text for text in stack.get("/api/health")["problems"] if "agent" in text]
        assert "docker compose up -d" in problem
        # What was said is what helps, without anything being taken down first.
        stack.set({**settings, "COMPOSE_FILE": CPU_FILES})
        stack.up()
        assert until(lambda: stack.get("/api/health")["agents"], "the agent")
        assert "No NVIDIA driver" not in stack.compose("logs", "backend")
    finally:
        stack.compose("down", "--volumes", "--timeout", "20")
        stack.http.close()
