"""What a measurement found, as Markdown."""

import argparse
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Report:
    """`rows` are what was measured, the figure, and what is to be reached; `fixed` is what no machine changes."""

    title: str
    rows: list[tuple[str, str, str]] = field(default_factory=list)
    fixed: list[tuple[str, str]] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, what: str, figure: str, reach: str = "") -> None:
        self.rows.append((what, figure, reach))

    def markdown(self) -> str:
        parts = [f"## {self.title}"]
        if self.rows:
            parts.append(table(("what", "measured", "to reach"), self.rows))
        if self.fixed:
            parts.append(table(("the same on every machine", ""), self.fixed))
        return "\n\n".join([*parts, *self.tables, *self.notes]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def spread(values: Sequence[float], form: str = ",.0f") -> str:
    """The median, and the least and the greatest where there are several."""
    median = format(statistics.median(values), form)
    return median if len(values) == 1 else f"{median} ({min(values):{form}} to {max(values):{form}})"


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of all do not exceed."""
    return float(np.percentile(values, percent, method="higher"))


def is_quick(about: str) -> bool:
    """What the command line says: `--quick` for small sizes, to see that it works."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="small sizes: they show that it works, not how fast it is")
    return bool(parser.parse_args().quick)
