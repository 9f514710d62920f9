"""The database: SQLite in WAL, one writer at a time, readers apart.

A write is `BEGIN IMMEDIATE` ... `COMMIT` on the one writing connection; readers meanwhile see the state before it.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, StaticPool, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session

from services.backend.database.backup import back_up
from services.backend.errors import StartupError, driver_error, is_disk_full

log = logging.getLogger("loradeck")

MIGRATIONS = Path(__file__).parents[1] / "migrations"


class Write:
    """One write transaction: `sql` for the connection bare, where speed counts, `session` for rows as objects."""

    def __init__(self, engine: Engine, sql: sqlite3.Connection) -> None:
        self.sql = sql
        self.committed_tick: int | None = None
        self.about: Collection[str] | None = None
        """The runs that the commit changes; None if it may be any."""
        self._engine = engine
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """A session on the transaction, made when first used: most need none, and it costs as much as the commit."""
        if self._session is None:
            self._session = Session(self._engine)
        return self._session

    @property
    def tick(self) -> int:
        """The tick to stamp changed rows with; reading it makes this commit send the signal."""
        if self.committed_tick is None:
            row = self.sql.execute("UPDATE clock SET tick = tick + 1 RETURNING tick").fetchone()
            self.committed_tick = int(row[0])
        return self.committed_tick

    def begin(self) -> None:
        self.sql.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        if self._session is not None:
            self._session.commit()
        else:
            self.sql.commit()

    def roll_back(self) -> None:
        if self._session is not None:
            self._session.rollback()
        self.sql.rollback()

    def close(self) -> None:
        if self._session is not None:
            self._session.close()


class Database:
    """An open database. After each commit with a tick, `on_commit` is called in the writing thread with the runs that
    it changed, or None for any."""

    def __init__(self, path: Path) -> None:
        """Open `path`; create it or bring it up to date if need be. Raises: StartupError."""
        self.on_commit: Callable[[Collection[str] | None], None] = lambda run_ids: None
        self._lock = threading.Lock()
        self._writer = _engine(path, "BEGIN IMMEDIATE", query_only=False)
        self._readers = _engine(path, "BEGIN", query_only=True)
        try:
            self._migrate(path)
            self._sql = _bare(self._writer)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def write(self) -> Iterator[Write]:
        """Run a transaction that is committed at the block's end, or rolled back if the block raises."""
        with self._lock, closing(Write(self._writer, self._sql)) as write:
            write.begin()
            try:
                yield write
                write.commit()
            except BaseException:
                write.roll_back()
                raise
        if write.committed_tick is not None:
            self.on_commit(write.about)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a view of the last commit, which stays the same for as long as the block lasts."""
        with Session(self._readers) as session:
            yield session

    def give_back_space(self) -> None:
        """Give the free pages of the file back to the disk."""
        with self._lock:
            # It gives back one page a step, and only this method steps a statement without columns to its end.
            self._sql.executescript("PRAGMA incremental_vacuum")

    def close(self) -> None:
        with self._lock:
            self._writer.dispose()
            self._readers.dispose()

    def _migrate(self, path: Path) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        scripts = ScriptDirectory.from_config(config)
        known = {script.revision for script in scripts.walk_revisions()}
        try:
            with self._writer.connect() as connection:
                current = MigrationContext.configure(connection).get_current_revision()
                if current is not None and current not in known:
                    raise StartupError(
                        "database_newer",
                        f"The database {path} was made by a newer Loradeck: start that one, "
                        f"put the copy that it made ({path.name}.before-...) back in its place, or move the database "
                        "away and this one will make it anew from the run folders.",
                    )
                if current is not None and current != scripts.get_current_head():
                    kept = back_up(path, current)
                    log.warning(f"The database is brought up to date; {kept} is a copy of it from before.")
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                connection.commit()
                bare = connection.connection.driver_connection
                assert isinstance(bare, sqlite3.Connection)
                if bare.execute("PRAGMA auto_vacuum").fetchone() == (0,):
                    bare.execute("VACUUM")
        except (DatabaseError, sqlite3.DatabaseError) as error:
            if is_disk_full(error):
                raise StartupError("disk_full", f"The disk under {path} is full: free some space.") from None
            raise StartupError(
                "database_unreadable",
                f"The database {path} cannot be used ({driver_error(error)}): move it away and Loradeck will make it "
                "anew from the run folders.",
            ) from None


def raw(session: Session) -> sqlite3.Connection:
    """Return the driver's own connection under `session`, inside its transaction."""
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, sqlite3.Connection)
    return connection


def _bare(engine: Engine) -> sqlite3.Connection:
    """Return the one connection of an engine that has only one."""
    with closing(engine.raw_connection()) as pooled:
        connection = pooled.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        return connection


def _engine(path: Path, begin: str, *, query_only: bool) -> Engine:
    """Make an engine whose transactions start with `begin`: sqlite3's own implicit ones start too late.
    See https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#pysqlite-serializable."""
    options = {} if query_only else {"poolclass": StaticPool}
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False}, **options)

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout = 10000")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # heeded while the file is empty, and by VACUUM
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA journal_size_limit = 67108864")
        connection.execute("PRAGMA mmap_size = 1073741824")
        connection.execute(f"PRAGMA query_only = {int(query_only)}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        bare = connection.connection.driver_connection
        assert isinstance(bare, sqlite3.Connection)
        if not bare.in_transaction:  # as it is when a `Write` has begun before its session is asked for
            bare.execute(begin)

    return engine
