"""Cuts CSV text into records with their line numbers; a record that is none costs its first line alone."""

import csv
import re
import sys
from collections.abc import Iterator

from trainer.contract.messages import Message, message

csv.field_size_limit(sys.maxsize)  # the default of 128 KiB ends the whole reading; a caption's limit costs its row
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")


def split_lines(text: str) -> list[str]:
    """Split at LF, CRLF and CR, and at nothing else; each line keeps its end."""
    return _LINE.findall(text)


def records(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | Message]]:
    """Yield the line that each record begins at, from 1, with its cells, or with what is wrong with it.

    After a faulty record reading goes on at the line behind the record's first: a quote that is never closed takes no
    other row with it. Blank lines are passed over.
    """
    line, begin = 1, 0
    ends: list[int] = []
    while begin < len(text):
        reader = csv.reader(_lines(text, begin, ends), delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                if cells:
                    yield line, cells
                line, begin = line + len(ends), ends[-1]
                ends.clear()
            return
        except csv.Error as error:
            if len(ends) > 1 or "end of data" in str(error):
                yield line, message("quote_open")
            else:
                yield line, _without_blanks(text[begin : ends[0]], delimiter) or message("row_unreadable.csv")
            line, begin = line + 1, ends[0]
            ends.clear()


def _lines(text: str, begin: int, ends: list[int]) -> Iterator[str]:
    """Yield the lines from `begin` on, and add the end of each to `ends`."""
    for found in _LINE.finditer(text, begin):
        ends.append(found.end())
        yield found.group()


def _without_blanks(line: str, delimiter: str) -> list[str] | None:
    """Cut a line with blanks behind closing quotes into cells. None if there is more than blanks."""
    end = re.escape(delimiter)
    bare = re.sub(rf'((?:^|{end})"(?:[^"]|"")*") +(?={end}|[\r\n]|$)', r"\1", line)
    try:
        return next(csv.reader([bare], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
