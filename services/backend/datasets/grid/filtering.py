"""Filters and selections of rows, as SQL."""

import sqlite3

from services.backend.datasets.change_schemas import Selection
from services.backend.datasets.item_schemas import Filter
from services.backend.datasets.quality import flagging
from services.backend.datasets.quality.conversions import CONDITIONS
from services.backend.datasets.quality.rulebook import BY_ID
from services.backend.errors import Invalid
from trainer.contract.messages import message

EVERYTHING = "1"
"""The condition of a filter that matches all rows."""


def where(query: Filter) -> tuple[str, list[object]]:
    """Make the condition on `item` of a filter, with its parameters."""
    parts: list[str] = []
    parameters: list[object] = []
    if query.rule is not None:
        parts.append("flags & ? <> 0")
        parameters.append(BY_ID[query.rule].bit)
    if query.kind != "all":
        parts.append(f"is_image = {int(query.kind == 'image')}")
    if query.state != "all":
        parts.append(f"quarantined = {int(query.state == 'quarantined')}")
    if query.split is not None:
        parts.append("split = ?")
        parameters.append(query.split)
    if query.conversion is not None:
        parts.append(f"media_key IN (SELECT key FROM media WHERE {CONDITIONS[query.conversion]})")
    if query.fps is not None:
        parts.append("media_key IN (SELECT key FROM media WHERE fps = ?)")
        parameters.append(query.fps)
    if query.q:
        escaped = query.q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        parts.append("(caption LIKE ? ESCAPE '\\' OR file LIKE ? ESCAPE '\\')")
        parameters += [f"%{escaped}%"] * 2
    return " AND ".join(parts) or EVERYTHING, parameters


def choose(sql: sqlite3.Connection, query: Selection) -> None:
    """Choose the rows of a selection (see `flagging.choose`); unknown ids are ignored. Raises: Invalid."""
    if (query.items is None) == (query.filter is None):
        raise Invalid(message("selection"), "items")
    if query.filter is not None:
        condition, parameters = where(query.filter)
        flagging.choose(sql, f"SELECT id FROM item WHERE {condition}", parameters)
        return
    flagging.choose(sql, "SELECT id FROM item WHERE 0")
    wanted = [(item,) for item in query.items or ()]
    sql.executemany("INSERT OR IGNORE INTO temp.chosen SELECT id FROM item WHERE id = ?", wanted)
