"""From this image to the one after it, and back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.backend import migrations
from tests.compose.conftest import Up
from tests.compose.engine import Engine
from tests.compose.stack import Stack
from tests.e2e.test_faults import small

NOW = max(path.name[:4] for path in Path(migrations.__file__).parent.glob("versions/[0-9]*.py"))
AFTER = "9999"
IMAGE = f"""
FROM loradeck-backend:old
COPY {AFTER}_after.py /app/services/backend/migrations/versions/
"""
MIGRATION = f"""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{AFTER}", "{NOW}", None, None


def upgrade():
    op.create_table("after", sa.Column("id", sa.Integer(), primary_key=True))
"""


@pytest.fixture
def upgraded(engine: Engine, images: None, tmp_path: Path) -> Iterator[str]:
    """The name of an image that brings a migration more. At the end `loradeck-backend` is what it was."""
    (tmp_path / "Dockerfile").write_text(IMAGE)
    (tmp_path / f"{AFTER}_after.py").write_text(MIGRATION)
    (tmp_path / f"{AFTER}_after.py").chmod(0o644)
    engine.docker("tag", "loradeck-backend", "loradeck-backend:old")
    engine.docker("build", "--quiet", "--network", "none", "--tag", "loradeck-backend:new", str(tmp_path))
    yield "loradeck-backend:new"
    engine.docker("tag", "loradeck-backend:old", "loradeck-backend")


def revision(stack: Stack, database: str) -> str:
    look = f"import sqlite3; print(*sqlite3.connect('file:/state/{database}?mode=ro', uri=True)"
    return stack.inside(
        "backend", "python", "-c", f"{look}.execute('SELECT version_num FROM alembic_version').fetchone())"
    ).strip()


def test_an_upgrade_copies_the_database_and_brings_it_up_to_date(up: Up, upgraded: str, engine: Engine) -> None:
    with up() as stack:
        assert revision(stack, "loradeck.db") == NOW
        run_id = stack.start_run(**small(Path("/data"), max_steps=40))
        stack.wait_for_step(run_id, 5)
        engine.docker("tag", upgraded, "loradeck-backend")
        stack.up()
        assert revision(stack, "loradeck.db") == AFTER
        assert revision(stack, f"loradeck.db.before-{NOW}") == NOW
        run = stack.wait_for_end(run_id)
        # Some versions of Compose make a trainer anew whose backend is made anew: the run goes on in a second attempt.
        assert run["state"] == "succeeded", run["message"]
        assert stack.steps_served(run_id) == list(range(1, 41))

        # And back, as docs/docker.md says.
        stack.compose("stop", "backend")
        back = f"cd /state && rm -f loradeck.db-wal loradeck.db-shm && cp loradeck.db.before-{NOW} loradeck.db"
        stack.compose("run", "--rm", "--no-deps", "backend", "sh", "-c", back)
        engine.docker("tag", "loradeck-backend:old", "loradeck-backend")
        stack.up()
        assert revision(stack, "loradeck.db") == NOW
        assert stack.steps_served(run_id) == list(range(1, 41))
