"""Cells of level 1 cover 512 steps and no more 4,096: they are made anew from those of level 0."""

import numpy as np
from alembic import op

from services.backend.metrics.chunks import CELL, OTHER, merge, merge_others

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SIZE = 512


def upgrade() -> None:
    sql = op.get_bind()
    found = sql.exec_driver_sql(
        "SELECT log_pk, kind, metric, no, cells, others FROM cell WHERE level = 0 AND metric > 0"
    )
    for log_pk, kind, metric, no, packed, odd in found:
        lower, others = np.frombuffer(packed, CELL), np.frombuffer(odd, OTHER)
        if len(others):
            others, _ = merge_others(others, others["step"] // SIZE)
            others = others[np.argsort(others["step"], kind="stable")]
        sql.exec_driver_sql(
            "UPDATE cell SET cells = ?, others = ?"
            " WHERE log_pk = ? AND kind = ? AND metric = ? AND level = 1 AND no = ?",
            (merge(lower, lower["step"] // SIZE * SIZE).tobytes(), others.tobytes(), log_pk, kind, metric, no),
        )
