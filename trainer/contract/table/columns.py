"""Finds the columns of a table by its header, and the delimiter with them. One rule for runs and imports."""

from collections.abc import Sequence
from dataclasses import dataclass

from trainer.contract.messages import Message, message
from trainer.contract.table.records import records

FILE_COLUMNS = ("video", "image", "file_path", "video_path", "image_path", "file_name")
"""A row's file is in the first of these that is filled in."""
CAPTION_COLUMNS = ("prompt", "caption", "text")
"""The captions are in the first of these that the table has."""
RUN_FILE_COLUMNS, RUN_CAPTION_COLUMN = ("video", "image"), "prompt"
"""What a run asks of its own table, as DiffSynth does; any other can be imported as a data set."""
SPLIT_COLUMN, TYPE_COLUMN = "split", "media_type"
DELIMITERS = (",", "\t", ";")


@dataclass(frozen=True)
class Columns:
    """The places of a table's columns. `names` is its header, without blanks around the names."""

    names: tuple[str, ...]
    files: tuple[int, ...]
    """In the order in which they are looked at."""
    captions: tuple[int, ...]
    """The first is taken, the others are compared with it."""
    splits: tuple[int, ...]
    media_type: int | None

    @classmethod
    def of(cls, header: Sequence[str]) -> "Columns":
        """Find the columns. Of columns of one name the last is taken, as csv.DictReader does."""
        names = tuple(name.strip() for name in header)
        types = _places(names, TYPE_COLUMN)
        return cls(
            names,
            _in_order(names, FILE_COLUMNS),
            _in_order(names, CAPTION_COLUMNS),
            _in_order(names, (SPLIT_COLUMN,)),
            types[-1] if types else None,
        )

    def has(self, *wanted: str) -> bool:
        """Check whether the table has one of these columns, in any case."""
        return any(_places(self.names, name) for name in wanted)


def find_columns(text: str) -> tuple[Columns, str, Message | None]:
    """Return the columns, the delimiter, and what is wrong with the header (then there are no columns).

    The delimiter is the first of DELIMITERS by which the header has a column for the file and one for the caption, or
    else as many of both as it can.
    """
    best, delimiter, fault = Columns.of(()), DELIMITERS[0], None
    for tried in DELIMITERS:
        _, cells = next(records(text, tried), (1, []))
        if isinstance(cells, Message):
            fault = cells
            continue
        columns = Columns.of(cells)
        if _score(columns) > _score(best):
            best, delimiter = columns, tried
    return best, delimiter, fault if not best.names else None


def _score(columns: Columns) -> tuple[int, int]:
    known = bool(columns.files) + bool(columns.captions)
    return (known, 0 if known == 2 else len(columns.names))


def _in_order(names: tuple[str, ...], wanted: Sequence[str]) -> tuple[int, ...]:
    """Return the places of the wanted names in their order, those of a name that is there twice at the end."""
    places = [found for found in (_places(names, name) for name in wanted) if found]
    return (*(found[-1] for found in places), *(place for found in places for place in found[-2::-1]))


def _places(names: tuple[str, ...], wanted: str) -> list[int]:
    """Return where a name is: first where it is in another case, then where it is written so."""
    found = [place for place, name in enumerate(names) if name.casefold() == wanted]
    return sorted(found, key=lambda place: names[place] == wanted)


def note_difference(columns: Columns, used: int, ignored: int, rows: int, line: int) -> Message:
    """Say that two columns differ, of which one is taken. `line` is the first row's."""
    names = columns.names[used], columns.names[ignored]
    about = {"used": names[0], "rows": rows, "line": line}
    if names[0] == names[1]:
        return message("columns_differ.twice", **about)
    return message("columns_differ", ignored=names[1], **about)
