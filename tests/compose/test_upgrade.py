"""From the image before to this one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.conftest import Up
from tests.compose.engine import Engine
from tests.compose.stack import Stack
from tests.e2e.test_faults import small

PREVIOUS = """
FROM loradeck-backend
USER root
RUN rm /app/services/backend/migrations/versions/0003_*
USER 10001
"""
"""The backend as it was before the newest migration, as far as the database is concerned."""


@pytest.fixture
def previous(engine: Engine, images: None, tmp_path: Path) -> Iterator[None]:
    """For the while `loradeck-backend` is the image before."""
    (tmp_path / "Dockerfile").write_text(PREVIOUS)
    engine.docker("tag", "loradeck-backend", "loradeck-backend:new")
    engine.docker("build", "--quiet", "--network", "none", "--tag", "loradeck-backend", str(tmp_path))
    engine.docker("tag", "loradeck-backend", "loradeck-backend:old")
    yield
    engine.docker("tag", "loradeck-backend:new", "loradeck-backend")


def revision(stack: Stack, database: str) -> str:
    look = f"import sqlite3; print(*sqlite3.connect('file:/state/{database}?mode=ro', uri=True)"
    return stack.inside(
        "backend", "python", "-c", f"{look}.execute('SELECT version_num FROM alembic_version').fetchone())"
    )


def test_an_upgrade_copies_the_database_and_brings_it_up_to_date(up: Up, previous: None, engine: Engine) -> None:
    with up() as stack:
        assert revision(stack, "loradeck.db").strip() == "0002"
        run_id = stack.start_run(**small(Path("/data"), max_steps=40))
        stack.wait_for_step(run_id, 5)
        engine.docker("tag", "loradeck-backend:new", "loradeck-backend")
        stack.up()
        assert revision(stack, "loradeck.db").strip() == "0003"
        assert revision(stack, "loradeck.db.before-0002").strip() == "0002"
        run = stack.wait_for_end(run_id)
        # Some versions of Compose make a trainer anew whose backend is made anew: the run goes on in a second attempt.
        assert run["state"] == "succeeded", run["message"]
        assert stack.steps_served(run_id) == list(range(1, 41))

        # And back, as docs/docker.md says.
        stack.compose("stop", "backend")
        back = "cd /state && rm -f loradeck.db-wal loradeck.db-shm && cp loradeck.db.before-0002 loradeck.db"
        stack.compose("run", "--rm", "--no-deps", "backend", "sh", "-c", back)
        engine.docker("tag", "loradeck-backend:old", "loradeck-backend")
        stack.up()
        assert revision(stack, "loradeck.db").strip() == "0002"
        assert stack.steps_served(run_id) == list(range(1, 41))
