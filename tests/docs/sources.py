"""The repository's own files, without what is installed, built or written at run time."""

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_WRITTEN = ("training_logs", "datasets", "models", "services/backend/ui")
"""What people and programs put there is not the repository's."""
_INSTALLED = {"node_modules", "out", "build", "dist", "__pycache__", "test-results"}


@cache
def files() -> tuple[Path, ...]:
    """All files, below `ROOT`, hidden folders but .ci left out."""
    return tuple(_walk())


def python_files(*folders: str) -> list[Path]:
    """The modules below `folders`, migrations left out: they tell of old tables."""
    roots = [ROOT / folder for folder in folders]
    return [
        path
        for path in files()
        if path.suffix == ".py" and "migrations" not in path.parts and any(path.is_relative_to(root) for root in roots)
    ]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _walk() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        here = Path(folder)
        if str(here.relative_to(ROOT)) in _WRITTEN:
            folders.clear()
            names = [name for name in names if name == "README.md"]
        folders[:] = sorted(
            name for name in folders if name not in _INSTALLED and (not name.startswith(".") or name == ".ci")
        )
        yield from (here / name for name in sorted(names))
