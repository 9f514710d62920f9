"""The parts of a running backend, in the order in which they start."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.backend.database.db import Database
from services.backend.datasets.store import Store
from services.backend.ingest.follower import Follower
from services.backend.live.broadcast import Broadcast
from services.backend.live.commit_signal import CommitSignal
from services.backend.live.frames import Frames
from services.backend.lock import hold
from services.backend.runs import commands
from services.backend.settings import Settings
from services.backend.tasks.queue import TaskQueue


class Runtime:
    """The locks, the database, the thread that follows the run folders, and the commit signal between it and the live
    sockets."""

    def __init__(self, settings: Settings, db: Database, locks: list[int]) -> None:
        self.settings = settings
        self.db = db
        self.tasks = TaskQueue(db, settings.logs_dir)
        self.datasets = Store(db, settings.data_roots, settings.state_dir, self.tasks)
        self.signal = CommitSignal()
        self.frames = Frames(db)
        self.broadcast = Broadcast(self.signal, self.frames)
        self.follower = Follower(db, settings.logs_dir)
        self._locks = locks
        db.on_commit = self.signal.send

    @classmethod
    def open(cls, settings: Settings) -> "Runtime":
        """Lock the folders and bring the database up to date. Raises: StartupError."""
        locks: list[int] = []
        try:
            for path in (settings.logs_dir / ".loradeck.lock", settings.state_dir / "lock"):
                locks.append(hold(path))
            runtime = cls(settings, Database(settings.database), locks)
        except BaseException:
            for fd in locks:
                os.close(fd)
            raise
        commands.finish_deletions(runtime.db, settings.logs_dir)
        return runtime

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the run folders and signal commits for as long as the block lasts, then close everything."""
        self.signal.attach(asyncio.get_running_loop())
        self.follower.start()
        self.datasets.start()
        try:
            yield
        finally:
            await asyncio.to_thread(self.follower.stop)
            await asyncio.to_thread(self.datasets.stop)
            self.signal.detach()
            self.close()

    def close(self) -> None:
        self.db.close()
        for fd in self._locks:
            os.close(fd)
        self._locks = []
