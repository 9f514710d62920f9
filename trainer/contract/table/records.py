"""Cuts CSV text into records with their line numbers; a record that is none costs its first line alone."""

import csv
import io
import re
import sys
from collections.abc import Iterator, Sequence

from trainer.contract.messages import Message, message

csv.field_size_limit(sys.maxsize)  # the default of 128 KiB ends the whole reading; a caption's limit costs its row


def split_lines(text: str) -> list[str]:
    """Split at LF, CRLF and CR, and at nothing else; each line keeps its end."""
    return list(io.StringIO(text, newline=""))


def records(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, list[str] | Message]]:
    """Yield the line that each record begins at, from 1, with its cells, or with what is wrong with it.

    After a faulty record reading goes on at the line behind the record's first: a quote that is never closed takes no
    other row with it. Blank lines are passed over.
    """
    begin = 0
    while begin < len(lines):
        reader = csv.reader(map(lines.__getitem__, range(begin, len(lines))), delimiter=delimiter, strict=True)
        at = begin
        try:
            for cells in reader:
                if cells:
                    yield at + 1, cells
                at = begin + reader.line_num
            return
        except csv.Error as error:
            is_open = begin + reader.line_num > at + 1 or "end of data" in str(error)
            if is_open:
                yield at + 1, message("quote_open")
            else:
                yield at + 1, _without_blanks(lines[at], delimiter) or message("row_unreadable.csv")
            begin = at + 1


def _without_blanks(line: str, delimiter: str) -> list[str] | None:
    """Cut a line with blanks behind closing quotes into cells. None if there is more than blanks."""
    end = re.escape(delimiter)
    bare = re.sub(rf'((?:^|{end})"(?:[^"]|"")*") +(?={end}|[\r\n]|$)', r"\1", line)
    try:
        return next(csv.reader([bare], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
