"""Make the rollups of level 1 again from those of level 0: they cover 512 steps now, and covered 4,096.

The records and how they are merged are frozen here as they were at this revision: a migration must not change its
meaning when the metrics engine does.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SIZE = 512
CELL = np.dtype([("step", "<i8"), ("min", "<f8"), ("max", "<f8"), ("mean", "<f8"), ("last", "<f8"), ("count", "<u4")])
OTHER = np.dtype([("step", "<i8"), ("what", "u1"), ("count", "<u4")])

Records = npt.NDArray[Any]


def upgrade() -> None:
    sql = op.get_bind()
    found = sql.exec_driver_sql(
        "SELECT log_pk, kind, metric, no, cells, others FROM cell WHERE level = 0 AND metric > 0"
    )
    for log_pk, kind, metric, no, packed, odd in found:
        lower, others = np.frombuffer(packed, CELL), np.frombuffer(odd, OTHER)
        if len(others):
            others = _merge_others(others, others["step"] // SIZE)
            others = others[np.argsort(others["step"], kind="stable")]
        sql.exec_driver_sql(
            "UPDATE cell SET cells = ?, others = ?"
            " WHERE log_pk = ? AND kind = ? AND metric = ? AND level = 1 AND no = ?",
            (_merge(lower, lower["step"] // SIZE * SIZE).tobytes(), others.tobytes(), log_pk, kind, metric, no),
        )


def _merge(cells: Records, groups: Records) -> Records:
    """Merge each run of cells with equal `groups` into one, whose step is its group."""
    if not len(cells):
        return cells
    starts = np.flatnonzero(groups[1:] != groups[:-1]) + 1
    starts = np.concatenate([[0], starts])
    merged = np.empty(len(starts), CELL)
    merged["step"] = groups[starts]
    merged["min"] = np.minimum.reduceat(cells["min"], starts)
    merged["max"] = np.maximum.reduceat(cells["max"], starts)
    merged["last"] = cells["last"][np.append(starts[1:], len(cells)) - 1]
    counts = np.add.reduceat(cells["count"], starts, dtype=np.int64)
    # Divided before they are added, so that no sum overflows.
    shares = cells["mean"] * (cells["count"] / np.repeat(counts, np.diff(starts, append=len(cells))))
    merged["mean"] = np.add.reduceat(shares, starts)
    merged["count"] = counts
    return merged


def _merge_others(others: Records, groups: Records) -> Records:
    """Merge the records of each kind in each of `groups` into one; there is at least one record."""
    order = np.lexsort((others["step"], others["what"], groups))
    what, groups = others["what"][order], groups[order]
    changed = (groups[1:] != groups[:-1]) | (what[1:] != what[:-1])
    starts = np.concatenate([[0], np.flatnonzero(changed) + 1])
    merged: Records = others[order[starts]]
    merged["count"] = np.add.reduceat(others["count"][order], starts)
    return merged
