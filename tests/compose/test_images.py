"""The images: small, not root's, without what they do not need, and quick to make again."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.compose.engine import Engine

pytestmark = pytest.mark.usefixtures("images")
MB = 1000**2
NAMES = ("backend", "frontend", "trainer")


def in_image(engine: Engine, name: str, *words: str, fails: bool = False) -> str:
    return engine.docker("run", "--rm", "--network", "none", f"loradeck-{name}", *words, fails=fails)


def layers_made(printed: str) -> list[str]:
    """The instructions that a build did anew."""
    steps = dict(re.findall(r"^#(\d+) \[(.+?\] (?:RUN|COPY|WORKDIR|ADD).*)$", printed, re.MULTILINE))
    cached = set(re.findall(r"^#(\d+) CACHED$", printed, re.MULTILINE))
    return [instruction for number, instruction in steps.items() if number not in cached]


@pytest.mark.parametrize(("name", "most_mb"), [("backend", 350), ("frontend", 250), ("trainer", 7000)])
def test_the_image_is_small(engine: Engine, name: str, most_mb: int) -> None:
    assert int(engine.docker("image", "inspect", "--format", "{{.Size}}", f"loradeck-{name}")) < most_mb * MB


def test_all_run_as_the_same_user_and_not_as_root(engine: Engine) -> None:
    assert {in_image(engine, name, "id", "--user").strip() for name in NAMES} == {"10001"}


def test_volumes_belong_to_the_user(engine: Engine) -> None:
    for name, folders in {"backend": "/training_logs /state /token", "trainer": "/training_logs /model_cache"}.items():
        owners = in_image(engine, name, "stat", "--format", "%u", *folders.split())
        assert set(owners.split()) == {"10001"}


def test_the_backend_has_neither_torch_nor_a_compiler(engine: Engine) -> None:
    assert "No module named 'torch'" in in_image(engine, "backend", "python", "-c", "import torch", fails=True)
    for compiler in ("gcc", "cc", "g++", "make"):
        in_image(engine, "backend", "sh", "-c", f"command -v {compiler}", fails=True)


def test_the_backend_has_all_that_it_imports(engine: Engine) -> None:
    """Also what it imports late: an export as Parquet takes pyarrow, of which the image leaves much out."""
    parquet = "import io, pyarrow; from pyarrow import csv, parquet; sink = io.BytesIO(); "
    parquet += "parquet.write_table(pyarrow.table({'a': [1.5]}), sink, compression='zstd'); "
    parquet += "csv.write_csv(pyarrow.table({'a': [1.5]}), io.BytesIO()); print(sink.getvalue()[:4])"
    assert in_image(engine, "backend", "python", "-c", parquet).strip() == "b'PAR1'"
    walk = "import importlib, pkgutil, services, loradeck; [importlib.import_module(found.name) for package in "
    walk += "(services, loradeck) for found in pkgutil.walk_packages(package.__path__, package.__name__ + '.') "
    walk += "if not found.name.endswith('__main__') and 'migrations' not in found.name and 'demo' not in found.name]"
    in_image(engine, "backend", "python", "-c", walk)


def test_the_trainer_can_compile(engine: Engine) -> None:
    """With what Triton calls: a compiler, and Python's headers."""
    source = "printf '#include <Python.h>\\nint main(void) { return 0; }' > /tmp/a.c"
    headers = "python3 -c 'import sysconfig; print(sysconfig.get_path(\"include\"))'"
    in_image(engine, "trainer", "sh", "-c", f'{source} && gcc "-I$({headers})" -c /tmp/a.c -o /tmp/a.o')


def test_the_trainer_holds_torch_for_cuda_and_the_tiny_model(engine: Engine) -> None:
    look = "import torch, torchvision; from trainer.models.registry import get_model; get_model('tiny-wan').dit_configs"
    assert in_image(engine, "trainer", "python", "-c", f"{look}; print(torch.version.cuda)").startswith("13")


def test_a_second_build_does_nothing(build: Callable[..., str]) -> None:
    assert layers_made(build()) == []


def test_a_line_of_ours_does_not_install_packages_again(build: Callable[..., str], checkout: Path) -> None:
    changed = {
        "backend": checkout / "services/backend/live/commit_signal.py",
        "frontend": checkout / "docker/nginx/site.conf",
        "trainer": checkout / "trainer/training/loop.py",
    }
    before = {path: path.read_text() for path in changed.values()}
    try:
        for path, text in before.items():
            path.write_text(f"# Changed.\n{text}")
        made = layers_made(build())
        assert made
        assert not [instruction for instruction in made if "pip install" in instruction or "npm ci" in instruction]
        assert not [instruction for instruction in made if "apt-get" in instruction]
    finally:
        for path, text in before.items():
            path.write_text(text)
        build()
