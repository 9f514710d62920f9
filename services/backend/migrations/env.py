"""Runs Alembic's migrations on the connection that `db.Database` passes."""

from alembic import context
from sqlmodel import SQLModel

from services.backend.database import tables

assert tables  # its import fills the metadata
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
