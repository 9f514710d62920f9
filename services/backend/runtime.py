"""What a running backend is made of, in the order in which it starts."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.backend.database.db import Database
from services.backend.datasets.store import Shelf
from services.backend.ingest.follower import Follower
from services.backend.live.broadcast import Broadcast
from services.backend.live.commit_signal import Bell
from services.backend.live.frames import Frames
from services.backend.lock import hold
from services.backend.runs import commands
from services.backend.settings import Settings


class Deck:
    """Locks, database, the thread that follows the run folders, and the bell between that and the live sockets."""

    def __init__(self, settings: Settings, db: Database, locks: list[int]) -> None:
        self.settings = settings
        self.db = db
        self.bell = Bell()
        self.frames = Frames(db)
        self.broadcast = Broadcast(self.bell, self.frames)
        self.follower = Follower(db, settings.logs_dir)
        self.sets = Shelf(self)
        self._locks = locks
        db.on_commit = self.bell.ring

    @classmethod
    def open(cls, settings: Settings) -> "Deck":
        """Take the folders and bring the database up to date. Raises: StartupError."""
        locks: list[int] = []
        try:
            for path in (settings.logs_dir / ".loradeck.lock", settings.state_dir / "lock"):
                locks.append(hold(path))
            deck = cls(settings, Database(settings.database), locks)
        except BaseException:
            for fd in locks:
                os.close(fd)
            raise
        commands.finish_deletions(deck)
        return deck

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the run folders and ring the bell for as long as the block lasts; then close everything."""
        self.bell.attach(asyncio.get_running_loop())
        self.follower.start()
        self.sets.start()
        try:
            yield
        finally:
            await asyncio.to_thread(self.follower.stop)
            await asyncio.to_thread(self.sets.stop)
            self.bell.detach()
            self.close()

    def close(self) -> None:
        self.db.close()
        for fd in self._locks:
            os.close(fd)
        self._locks = []
