"""One engine, one set of images and one clip folder for all tests of the containers.

`LORADECK_TEST_ENGINE` names a folder to keep the engine and its images in, for the next time; else nothing is left.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from loradeck.demo_clips import cut_clips
from tests.compose import wheels
from tests.compose.engine import Engine
from tests.compose.stack import CPU_FILES, GPU_FILE, Stack, check_out, free_port

BUILD = """
services:
  backend: {{build: {{network: host}}}}
  frontend: {{build: {{network: host}}}}
  trainer: {{build: {{network: host, additional_contexts: {{wheels: {wheels}}}}}}}
"""
"""What a build on an engine without a network of its own needs on top."""

Up = Callable[..., AbstractContextManager[Stack]]


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    kept = os.environ.get("LORADECK_TEST_ENGINE")
    # Not below the checkout, which is what the images are built from, and not in memory, as /tmp may be.
    engine = Engine(Path(kept or tempfile.mkdtemp(prefix="loradeck-engine-", dir="/var/tmp")).resolve())
    try:
        engine.unpack()
        engine.start()
        yield engine
    finally:
        if kept:
            engine.stop()
        else:
            engine.remove()


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return check_out(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="session")
def build(engine: Engine, checkout: Path) -> Callable[..., str]:
    """Builds the images of the services named, or all; returns what the builder printed."""
    if not engine.docker("images", "--quiet"):
        engine.make_bases()
    if not (engine.work / "wheels").is_dir():
        wheels.gather(engine.work / "wheels")
    override = engine.work / "build.yml"
    override.write_text(BUILD.format(wheels=engine.work / "wheels"))
    files = ("--file", GPU_FILE, "--file", str(override))

    def build(*services: str) -> str:
        return engine.compose(checkout, *files, "--progress", "plain", "build", *services)

    return build


@pytest.fixture(scope="session")
def images(build: Callable[..., str]) -> None:
    """All images, built from this tree."""
    build()


@pytest.fixture(scope="session")
def clips(engine: Engine) -> Path:
    """The demo's data set, where containers can read it."""
    folder = cut_clips(engine.work / "clips")
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def up(engine: Engine, images: None, checkout: Path, clips: Path) -> Up:
    """`with up(COMPOSE_FILE=...) as stack`: a stack that is up and healthy; at the end nothing of it is left."""

    @contextmanager
    def up(**settings: str) -> Iterator[Stack]:
        chosen = {"COMPOSE_FILE": CPU_FILES, "LORADECK_DATA_DIR": str(clips), "LORADECK_PORT": str(free_port())}
        stack = Stack(engine, checkout, {**chosen, **settings})
        try:
            stack.up()
            yield stack
        except BaseException:
            print(stack.compose("logs", "--no-color", "--tail", "50"))
            raise
        finally:
            stack.compose("down", "--volumes", "--timeout", "20")
            stack.http.close()

    return up


@pytest.fixture(scope="module")
def stack(up: Up) -> Iterator[Stack]:
    """The stack of a host without a GPU, for the tests of one file."""
    with up() as stack:
        yield stack
