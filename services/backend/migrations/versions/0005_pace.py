"""What a run's pauses cost, how long it has still to go, and the machine that it is on."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("run")}
    for column in (
        sa.Column("pace", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("seconds_left", sa.Float(), nullable=True),
        sa.Column("machine", sa.JSON(), nullable=False, server_default="{}"),
    ):
        if column.name not in known:
            op.add_column("run", column)
