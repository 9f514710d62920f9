"""Keeps the grid indexes of the data sets that are looked at, as many as fit into memory."""

import sqlite3
import threading

from services.backend.datasets.grid.index import GridIndex

MAX_BYTES = 256 << 20
"""Of all indexes together. The newest one stays, however large it is."""


class IndexCache:
    """Grid indexes by data set. For any thread."""

    def __init__(self) -> None:
        self._indexes: dict[int, GridIndex] = {}
        """The one used last comes last."""
        self._turns: dict[int, threading.Lock] = {}
        self._lock = threading.Lock()

    def __contains__(self, dataset_id: int) -> bool:
        return dataset_id in self._indexes

    @property
    def has_room(self) -> bool:
        with self._lock:
            return sum(index.nbytes for index in self._indexes.values()) < MAX_BYTES // 2

    def get(self, dataset_id: int, sql: sqlite3.Connection) -> GridIndex:
        """Return the index of the state that the transaction sees, read or updated as need be."""
        with self._lock:
            turn = self._turns.setdefault(dataset_id, threading.Lock())
        with turn:  # so that many requests at once read it once
            known = self._indexes.get(dataset_id)
            index = known.updated(sql) if known is not None else GridIndex.read(sql)
            with self._lock:
                self._indexes.pop(dataset_id, None)
                self._indexes[dataset_id] = index
                nbytes = sum(other.nbytes for other in self._indexes.values())
                while nbytes > MAX_BYTES and len(self._indexes) > 1:
                    nbytes -= self._indexes.pop(next(iter(self._indexes))).nbytes
        return index

    def drop(self, dataset_id: int) -> None:
        with self._lock:
            self._indexes.pop(dataset_id, None)
