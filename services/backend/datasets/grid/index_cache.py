"""Keeps the sheets of the data sets that are looked at, as many as fit."""

import sqlite3
import threading

from services.backend.datasets.grid.index import Sheet

BYTES = 256 << 20
"""Of all sheets together. The newest one stays, however large it is."""


class Sheets:
    def __init__(self) -> None:
        self._sheets: dict[int, Sheet] = {}
        """The one that was used last comes last."""
        self._turns: dict[int, threading.Lock] = {}
        self._lock = threading.Lock()

    def __contains__(self, dataset_id: int) -> bool:
        return dataset_id in self._sheets

    @property
    def has_room(self) -> bool:
        with self._lock:
            return sum(sheet.nbytes for sheet in self._sheets.values()) < BYTES // 2

    def of(self, dataset_id: int, sql: sqlite3.Connection) -> Sheet:
        """The sheet of the state that the transaction sees."""
        with self._lock:
            turn = self._turns.setdefault(dataset_id, threading.Lock())
        with turn:  # so that many who ask at once read it once
            known = self._sheets.get(dataset_id)
            sheet = known.now(sql) if known is not None else Sheet.read(sql)
            with self._lock:
                self._sheets.pop(dataset_id, None)
                self._sheets[dataset_id] = sheet
                nbytes = sum(other.nbytes for other in self._sheets.values())
                while nbytes > BYTES and len(self._sheets) > 1:
                    nbytes -= self._sheets.pop(next(iter(self._sheets))).nbytes
        return sheet

    def forget(self, dataset_id: int) -> None:
        with self._lock:
            self._sheets.pop(dataset_id, None)
