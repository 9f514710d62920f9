"""Sealed points: streams, segments, chunks and cells. Rows that are there stay rows until their stream grows."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stream",
        sa.Column("log_pk", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("sealed_tick", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("log_pk", "kind"),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO stream SELECT log_pk, kind, count(*), 0, 0 FROM point GROUP BY log_pk, kind")
    op.create_table(
        "segment",
        sa.Column("log_pk", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("first_step", sa.Integer(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("first_ts", sa.Float(), nullable=False),
        sa.Column("last_ts", sa.Float(), nullable=False),
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("log_pk", "kind", "no"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "metric",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("pk"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "chunk",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("log_pk", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("metric", sa.Integer(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pk"),
        sa.UniqueConstraint("log_pk", "kind", "metric", "no"),
    )
    op.create_table(
        "cell",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("log_pk", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("metric", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.Column("others", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pk"),
        sa.UniqueConstraint("log_pk", "kind", "metric", "level", "no"),
    )
    op.create_table(
        "garbage",
        sa.Column("log_pk", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("log_pk"),
    )
