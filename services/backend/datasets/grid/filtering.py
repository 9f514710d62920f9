"""Which rows a filter or a selection means, as SQL."""

import sqlite3

from services.backend.datasets.change_schemas import Selection
from services.backend.datasets.item_schemas import Filter
from services.backend.datasets.quality import flagging
from services.backend.datasets.quality.rulebook import BY_ID
from services.backend.errors import Invalid
from trainer.contract.messages import message

EVERYTHING = "1"
"""The condition of a filter that leaves all."""


def where(asked: Filter) -> tuple[str, list[object]]:
    """A condition on `item`, and its parameters."""
    parts: list[str] = []
    parameters: list[object] = []
    if asked.rule is not None:
        parts.append("flags & ? <> 0")
        parameters.append(BY_ID[asked.rule].bit)
    if asked.kind != "all":
        parts.append(f"is_image = {int(asked.kind == 'image')}")
    if asked.state != "all":
        parts.append(f"quarantined = {int(asked.state == 'quarantined')}")
    if asked.split is not None:
        parts.append("split = ?")
        parameters.append(asked.split)
    if asked.q:
        escaped = asked.q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        parts.append("(caption LIKE ? ESCAPE '\\' OR file LIKE ? ESCAPE '\\')")
        parameters += [f"%{escaped}%"] * 2
    return " AND ".join(parts) or EVERYTHING, parameters


def choose(sql: sqlite3.Connection, asked: Selection) -> None:
    """Choose the rows of a selection (see `judging`); ids that are none are passed over. Raises: Invalid."""
    if (asked.items is None) == (asked.filter is None):
        raise Invalid(message("selection"), "items")
    if asked.filter is not None:
        condition, parameters = where(asked.filter)
        flagging.choose(sql, f"SELECT id FROM item WHERE {condition}", parameters)
        return
    flagging.choose(sql, "SELECT id FROM item WHERE 0")
    wanted = [(item,) for item in asked.items or ()]
    sql.executemany("INSERT OR IGNORE INTO temp.chosen SELECT id FROM item WHERE id = ?", wanted)
