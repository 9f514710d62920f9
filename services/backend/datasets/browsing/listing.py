"""Pages of a data set: its rows as the grid shows them, and the faults of its import."""

from services.backend.datasets.browsing.items import QUERY, item_read
from services.backend.datasets.item_schemas import ItemQuery, Items
from services.backend.datasets.schemas import ImportFault, ImportFaults
from services.backend.datasets.store import Store


def items(store: Store, dataset_id: int, query: ItemQuery) -> Items:
    """List a window of the rows that match the filter. Raises: NotFound, Conflict."""
    with store.open(dataset_id) as manifest, manifest.read() as sql:
        key = ("ids", query.model_dump_json(exclude={"offset", "limit"}))
        # Numbers alone, so that any window of them costs the same.
        positions = store.cached(sql, key, lambda: store.indexes.get(dataset_id, sql).select(sql, query))
        window = (positions[query.offset : query.offset + query.limit] + 1).tolist()
        found = {row["id"]: row for row in sql.execute(QUERY.format(", ".join(map(str, window)))).fetchall()}
    return Items(total=len(positions), items=[item_read(dataset_id, found[item]) for item in window])


def faults(store: Store, dataset_id: int, code: str | None, offset: int, limit: int) -> ImportFaults:
    """List a window of the import's faults, all or of one code. Raises: NotFound, Conflict."""
    condition, parameters = ("code = ?", [code]) if code is not None else ("1", [])
    with store.open(dataset_id) as manifest, manifest.read() as sql:
        (total,) = sql.execute(f"SELECT COUNT(*) FROM fault WHERE {condition}", parameters).fetchone()
        found = sql.execute(
            f"SELECT line, code, message FROM fault WHERE {condition} ORDER BY line LIMIT ? OFFSET ?",
            [*parameters, limit, offset],
        )
        listed = [ImportFault(line=line, code=code, message=message) for line, code, message in found]
    return ImportFaults(total=total, faults=listed)
