"""Every path, link and module that a page names is there."""

import re
from pathlib import Path

import pytest

from tests.docs import pages
from tests.docs.sources import ROOT, files

FOLDERS = {path.relative_to(ROOT).parts[0] for path in files() if path.parent != ROOT} - {"training_logs", "datasets"}
"""Where a path that a page names may begin. What lies in those left out is made by people and runs."""
PATH = re.compile(r"[\w.-]+(/[\w.-]+)*/?")
MODULE = re.compile(r"python3? -m ([a-z_]+(?:\.[a-z_]+)*)")

every_page = pytest.mark.parametrize("page", pages.pages(), ids=lambda page: str(page.relative_to(ROOT)))


@every_page
def test_its_links_lead_somewhere(page: Path) -> None:
    lost = []
    for link in pages.links(page):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        path = (page.parent / target).resolve() if target else page
        if not path.exists() or (anchor and anchor not in pages.anchors(path)):
            lost.append(link)
    assert lost == []


@every_page
def test_its_paths_are_there(page: Path) -> None:
    named = [span for span in pages.spans(page) if "/" in span and PATH.fullmatch(span)]
    ours = [path for path in named if path.partition("/")[0] in FOLDERS]
    assert [path for path in ours if not (ROOT / path).exists()] == []


@every_page
def test_its_modules_are_there(page: Path) -> None:
    ours = [name for name in MODULE.findall(pages.text(page)) if (ROOT / name.partition(".")[0]).is_dir()]
    assert [name for name in ours if not _runs(ROOT.joinpath(*name.split(".")))] == []


def _runs(module: Path) -> bool:
    return module.with_suffix(".py").is_file() or (module / "__main__.py").is_file()


def test_every_room_is_on_the_map() -> None:
    rooms = [path.parent for folder in ("trainer", "services/backend") for path in ROOT.glob(f"{folder}/*/__init__.py")]
    named = pages.spans("docs/architecture.md")
    assert [room for room in rooms if f"{room.relative_to(ROOT)}/" not in named] == []


def test_scripts_of_npm_are_there() -> None:
    package = (ROOT / "services/frontend/package.json").read_text()
    for page in pages.pages():
        for script in re.findall(r"npm --prefix \S+ run (?:--silent )?([\w:-]+)", pages.text(page)):
            assert f'"{script}":' in package, f"{page.relative_to(ROOT)}: {script}"
