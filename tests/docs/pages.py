"""Reading the Markdown pages: code spans, links, tables, headings."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.docs.sources import ROOT, files

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def pages() -> list[Path]:
    return [path for path in files() if path.suffix == ".md"]


@cache
def text(page: Path | str) -> str:
    """All of a page, blocks of code included."""
    return (ROOT / page).read_text()


@cache
def prose(page: Path | str) -> str:
    """A page without its blocks of code."""
    return _FENCE.sub("", text(page))


def spans(page: Path | str) -> list[str]:
    """What stands in backticks within a line or over a line's end."""
    return [" ".join(span.split()) for span in _SPAN.findall(prose(page))]


def links(page: Path | str) -> list[str]:
    return _LINK.findall(_SPAN.sub("", prose(page)))


def rows(page: Path | str) -> Iterator[list[str]]:
    """The cells of each row of each table, heads and rules left out."""
    lines = text(page).splitlines()
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if line.startswith("|") and not _is_rule(line) and not _is_rule(following):
            yield [cell.strip() for cell in line.strip().strip("|").split("|")]


def first_cells(page: Path | str) -> set[str]:
    """Every code span in the first cell of a table's row."""
    return {span for cells in rows(page) for span in _SPAN.findall(cells[0])}


def anchors(page: Path) -> set[str]:
    """The targets that GitHub makes of the headings."""
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)}


def slug(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return kept.replace(" ", "-")


def _is_rule(line: str) -> bool:
    return re.fullmatch(r"\|(\s*:?-+:?\s*\|)+", line.strip()) is not None
