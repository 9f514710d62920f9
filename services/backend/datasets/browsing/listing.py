"""Windows of what a data set holds: its rows as the grid shows them, and the faults of its import."""

from typing import TYPE_CHECKING

from services.backend.datasets.browsing.items import QUERY, item_read
from services.backend.datasets.item_schemas import ItemQuery, Items
from services.backend.datasets.schemas import ImportFault, ImportFaults

if TYPE_CHECKING:
    from services.backend.runtime import Deck


def items(deck: "Deck", dataset_id: int, asked: ItemQuery) -> Items:
    """Raises: NotFound, Conflict."""
    with deck.sets.open(dataset_id) as manifest, manifest.read() as sql:
        what = ("ids", asked.model_dump_json(exclude={"offset", "limit"}))
        # Numbers alone, so that any window of them costs the same.
        places = deck.sets.remembered(sql, what, lambda: deck.sets.sheets.of(dataset_id, sql).places(sql, asked))
        window = (places[asked.offset : asked.offset + asked.limit] + 1).tolist()
        found = {row["id"]: row for row in sql.execute(QUERY.format(", ".join(map(str, window)))).fetchall()}
    return Items(total=len(places), items=[item_read(dataset_id, found[item]) for item in window])


def faults(deck: "Deck", dataset_id: int, code: str | None, offset: int, limit: int) -> ImportFaults:
    """Raises: NotFound, Conflict."""
    condition, parameters = ("code = ?", [code]) if code is not None else ("1", [])
    with deck.sets.open(dataset_id) as manifest, manifest.read() as sql:
        (total,) = sql.execute(f"SELECT COUNT(*) FROM fault WHERE {condition}", parameters).fetchone()
        found = sql.execute(
            f"SELECT line, code, message FROM fault WHERE {condition} ORDER BY line LIMIT ? OFFSET ?",
            [*parameters, limit, offset],
        )
        listed = [ImportFault(line=line, code=code, message=message) for line, code, message in found]
    return ImportFaults(total=total, faults=listed)
