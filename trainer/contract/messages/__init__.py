"""The sentences that a person may read: a code, its parameters, and one table of texts a language.

The files in `en/` are the English table, cut by room. A key is a message's code, or the code and a variant:
`does_not_fit.frames` and `does_not_fit.batch` both have the code `does_not_fit`. Another language is a further folder
with the same keys.

A text takes its parameters as `str.format` does. `{count:# clip|# clips}` chooses by number, as ICU's plural does: the
first form for 1, the second for others, with the number in the place of `#`.

Standard library only, and old Pythons can import it: `loradeck doctor` is for them, too.
"""

from __future__ import annotations

import json
import string
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

LANGUAGE = "en"
FOLDER = Path(__file__).parent


class Text(NamedTuple):
    """Say what happened, and what to do about it (may be empty)."""

    message: str
    hint: str


@dataclass(frozen=True)
class Message:
    """One sentence for a person, and the hint after it. `params` are JSON values."""

    code: str
    message: str
    hint: str = ""
    params: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


def message(key: str, /, **params: Any) -> Message:
    """Return the message of `key`. Raises: KeyError for an unknown key or a parameter that is not given."""
    text = texts()[key]
    code, _, variant = key.partition(".")
    sent: dict[str, Any] = {"variant": variant} if variant else {}
    sent.update((name, value if isinstance(value, (int, float)) else str(value)) for name, value in params.items())
    return Message(code, _formatter.vformat(text.message, (), params), _formatter.vformat(text.hint, (), params), sent)


def sentence(key: str, /, **params: Any) -> str:
    """Return the text of `key` with its hint, for a terminal or a log."""
    return str(message(key, **params))


@lru_cache(maxsize=None)  # noqa: UP033 -- Python 3.8 has no `cache`
def texts(language: str = LANGUAGE) -> dict[str, Text]:
    """Return all texts of a language by their keys."""
    found: dict[str, Text] = {}
    for file in sorted((FOLDER / language).glob("*.json")):
        for key, entry in json.loads(file.read_text(encoding="utf-8")).items():
            assert key not in found, f"{key} is twice in the table"
            found[key] = Text(entry["message"], entry.get("hint", ""))
    return found


def parameters(text: Text) -> set[str]:
    """Return the names of the parameters that `text` takes."""
    return {name for part in text for _, name, _, _ in string.Formatter().parse(part) if name}


class _Formatter(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        one, bar, many = format_spec.partition("|")
        if bar:
            return (one if value == 1 else many).replace("#", f"{value:,}")
        return str(super().format_field(value, format_spec))


_formatter = _Formatter()
