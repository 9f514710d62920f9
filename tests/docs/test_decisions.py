"""The index of decisions is that of the pages."""

import re

from tests.docs import pages
from tests.docs.sources import ROOT

FOLDER = ROOT / "docs/decisions"
DECISION = re.compile(r"^## ((\d+)\. (.+))\n\n(\d{1,2} [A-Z][a-z]+ \d{4})\.\n\n", re.MULTILINE)


def test_the_index_lists_every_decision_by_its_number() -> None:
    found = []
    for page in FOLDER.glob("*.md"):
        if page.name == "README.md":
            continue
        matches = DECISION.findall(pages.text(page))
        assert len(matches) == pages.text(page).count("\n## "), f"{page.name}: a number, a date, a paragraph"
        for heading, number, title, date in matches:
            link = f"[{title}]({page.name}#{pages.slug(heading)})"
            found.append([number, date, link, page.stem])
    found.sort(key=lambda row: int(row[0]))
    assert [int(row[0]) for row in found] == list(range(1, len(found) + 1))
    assert [cells for cells in pages.rows(FOLDER / "README.md") if cells[0].isdigit()] == found
