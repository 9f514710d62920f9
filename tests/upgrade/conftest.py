import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.waiting import DEADLINE_S
from tests.upgrade.code import REPOSITORY, Code, extract_old_code
from tests.upgrade.installation import Installation
from tests.upgrade.material import SETTINGS, make_clips, model_files
from tests.upgrade.processes import kill_marked
from tests.upgrade.run_folder import RunFolder

WEIGHTS = "trainer/models/tiny_wan/weights"


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of all of pytest's workers together: what is slow to make is made once."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "upgrade"


def once(path: Path, make: Callable[[Path], object]) -> Path:
    """Have `make` make the folder `path`, unless another worker has; one that is at it is waited for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_name(f"{path.name}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            unfinished = path.with_name(f"{path.name}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            make(unfinished)
            unfinished.rename(path)
    return path


@pytest.fixture(scope="session")
def old(shared: Path) -> Code:
    """The code of version 0.1."""
    try:
        return Code(once(shared / "old", extract_old_code))
    except RuntimeError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def new() -> Code:
    """The code of this checkout."""
    return Code(REPOSITORY)


@pytest.fixture(scope="session")
def config(old: Code, shared: Path) -> dict[str, Any]:
    """The config of the run that the tests here break off in several ways."""
    clips = once(shared / "clips", make_clips)
    weights = once(shared / "weights", lambda folder: shutil.copytree(old.root / WEIGHTS, folder))
    return {**SETTINGS, **model_files(weights), "dataset_base_path": str(clips)}


@pytest.fixture
def deck(tmp_path: Path) -> Iterator[Installation]:
    """An installation. At the end nothing of it and of its runs is left."""
    found = Installation(tmp_path)
    yield found
    found.close()


@pytest.fixture(scope="session")
def unbroken(old: Code, config: dict[str, Any], shared: Path) -> Callable[[], RunFolder]:
    """Gives the run that the old code made of `config` in one go; it is made when it is first asked for."""

    def make(folder: Path) -> None:
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(config))
        out = folder / "trainer.out"
        argv = ("trainer", "run", str(folder / "config.json"), "--logs-dir", str(folder / "logs"))
        process = old.start(out, folder, *argv)
        try:
            assert process.wait(DEADLINE_S) == 0, out.read_text()
        finally:
            kill_marked(folder)
            process.wait()

    def find() -> RunFolder:
        (path,) = (once(shared / "unbroken", make) / "logs").glob("upgrade-*")
        return RunFolder(path)

    return find
