"""Reads a table's bytes strictly into rows: each is read right, or told with its line while the others are used."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from trainer.contract.media import is_media
from trainer.contract.messages import Message, message, sentence
from trainer.contract.problem import Problem
from trainer.contract.table.columns import find_columns, note_difference
from trainer.contract.table.encoding import decode, is_undecodable
from trainer.contract.table.records import records

CAPTION_LIMIT = 100_000
"""Characters. The text encoder reads 512 tokens; what is longer than this is no caption."""


class TableRow(NamedTuple):
    """A row as the table has it. `line` is where it begins, from 1, which is the header's.

    `file` keeps blanks around it, which may be part of the file's name; the others are stripped.
    """

    line: int
    file: str
    caption: str
    split: str
    media_type: str


@dataclass(frozen=True)
class Rejected:
    """One unusable line. `said` has a stable code, says what is wrong with the line, and what to do."""

    line: int
    video: str
    said: Message
    dataset: int = 0
    """The number of its data set among those of a run."""

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands among the lines of all data sets."""
        return self.dataset, self.line

    @property
    def code(self) -> str:
        return self.said.code

    @property
    def message(self) -> str:
        reason, remedy = self.said.message, self.said.hint
        if not self.video:
            said = sentence("row.left_out_without_file", line=self.line, reason=reason, remedy=remedy).rstrip()
        else:
            said = sentence("row.left_out", line=self.line, video=self.video, reason=reason, remedy=remedy).rstrip()
        return sentence("row.of_dataset", number=self.dataset + 1, said=said) if self.dataset else said


class TableReader:
    """The rows of a table, to be gone through once; `notes` are whole after that."""

    def __init__(self, content: bytes) -> None:
        """Decode a table and find its columns. Raises: Problem if it is no text, or its header no CSV."""
        decoded = decode(content)
        self._may_be_odd = not decoded.is_whole or "\0" in decoded.text
        self._encoding = decoded.encoding
        self._text = decoded.text
        self.columns, self._delimiter, fault = find_columns(self._text)
        if fault is not None:
            raise Problem(message("metadata_unreadable.header", reason=fault.message))
        if reason_unreadable("", "".join(self.columns.names)):
            raise Problem(message("metadata_unreadable.no_text"))
        self._compared = [
            places for places in (self.columns.files, self.columns.captions, self.columns.splits) if len(places) > 1
        ]
        self._short: list[int] = []
        self._doubtful: list[int] = []
        self._differing: Counter[tuple[int, int]] = Counter()
        self._first_differing: dict[tuple[int, int], int] = {}

    def __iter__(self) -> Iterator[TableRow | Rejected]:
        found = records(self._text, self._delimiter)
        next(found, None)  # the header
        for line, cells in found:
            if isinstance(cells, Message):
                yield Rejected(line, "", cells)
            else:
                yield self._row(line, cells)

    @property
    def notes(self) -> list[Message]:
        """What was read in a way that a person should know of."""
        notes = [message("read_as_cp949")] if self._encoding == "cp949" else []
        if self._short:
            notes.append(message("cells_missing", rows=len(self._short), line=self._short[0]))
        if self._doubtful:
            notes.append(message("quote_doubtful", rows=len(self._doubtful), line=self._doubtful[0]))
        for (used, ignored), rows in sorted(self._differing.items()):
            line = self._first_differing[used, ignored]
            notes.append(note_difference(self.columns, used, ignored, rows, line))
        return notes

    def _row(self, line: int, cells: list[str]) -> TableRow | Rejected:
        columns, expected, given = self.columns, len(self.columns.names), len(cells)
        if given > expected and any(map(str.strip, cells[expected:])):  # empty ones hold nothing to be cut
            return Rejected(line, "", message("cells.more", cells=given, columns=expected))
        cells += [""] * (expected - given)
        file = next((cells[place] for place in columns.files if cells[place].strip()), "")
        caption = cells[columns.captions[0]] if columns.captions else ""
        split = cells[columns.splits[0]] if columns.splits else ""
        if given < expected:
            if not (file and caption.strip()):
                return Rejected(line, "", message("cells.fewer", cells=given, columns=expected))
            self._short.append(line)
        if self._may_be_odd or len(caption) > CAPTION_LIMIT:
            reason = reason_unreadable(file, caption) or reason_unreadable("", split)
            if reason is not None:
                return Rejected(line, "", reason)
        for places in self._compared:
            filled = [place for place in places if cells[place]]
            if len(filled) > 1:
                self._compare(line, cells, filled)
        if "\n" in caption and self._holds_rows(caption):
            self._doubtful.append(line)
        media_type = cells[columns.media_type] if columns.media_type is not None else ""
        return TableRow(line, file, caption.strip(), split.strip(), media_type.strip())

    def _holds_rows(self, caption: str) -> bool:
        """Check whether lines of a caption name clips as rows do: then its quote may have been closed by a later row's,
        though what is valid is read as it is."""
        rows = (line.split(self._delimiter) for line in caption.splitlines()[1:])
        return any(len(cells) > 1 and any(is_media(cell.strip()) for cell in cells) for cells in rows)

    def _compare(self, line: int, cells: list[str], places: list[int]) -> None:
        """Note columns that are filled in beside the first of `places`, which is taken, and differ from it."""
        used = places[0]
        for place in places[1:]:
            if cells[place].strip() not in ("", cells[used].strip()):
                self._differing[used, place] += 1
                self._first_differing.setdefault((used, place), line)


def reason_unreadable(file: str, caption: str) -> Message | None:
    """Return why a row cannot be taken, however it is listed: what is no text, or far too much of it."""
    if len(caption) > CAPTION_LIMIT:
        return message("caption_huge.row", length=len(caption), most=CAPTION_LIMIT)
    if "\0" in file or "\0" in caption:
        return message("row_unreadable.zero_byte")
    if is_undecodable(file) or is_undecodable(caption):
        return message("not_utf8.line")
    return None
