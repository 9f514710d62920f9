"""The sentences that a person may read: a code, its parameters, and one table of texts a language.

`en.toml` holds the English texts. A key is a message's code, or the code and a variant: `does_not_fit.frames` and
`does_not_fit.batch` both have the code `does_not_fit`. Another language is a further table with the same keys.

A text takes its parameters as `str.format` does. `{count:# clip|# clips}` chooses by number, as ICU's plural does: the
first form for 1, the second for others, with the number in the place of `#`.
"""

import string
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

LANGUAGE = "en"


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
    """Return the message of `key`. Raises: KeyError for an unknown key or a parameter that its text lacks."""
    text = texts()[key]
    code, _, variant = key.partition(".")
    sent: dict[str, Any] = {"variant": variant} if variant else {}
    sent |= {name: value if isinstance(value, int | float) else str(value) for name, value in params.items()}
    return Message(code, _format(text.message, params), _format(text.hint, params), sent)


@cache
def texts(language: str = LANGUAGE) -> dict[str, Text]:
    """Return all texts of a language by their keys."""
    table = tomllib.loads((resources.files(__package__) / f"{language}.toml").read_text(encoding="utf-8"))
    return dict(_flattened(table, ""))


def parameters(text: Text) -> set[str]:
    """Return the names of the parameters that `text` takes."""
    return {name for part in text for _, name, _, _ in string.Formatter().parse(part) if name}


def _flattened(table: dict[str, Any], above: str) -> "list[tuple[str, Text]]":
    found = []
    for name, value in table.items():
        if isinstance(value, dict):
            key = f"{above}.{name}" if above else name
            if "message" in value:
                found.append((key, Text(value["message"], value.get("hint", ""))))
            found += _flattened(value, key)
    return found


class _Formatter(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        one, bar, many = format_spec.partition("|")
        if bar:
            return (one if value == 1 else many).replace("#", f"{value:,}")
        return str(super().format_field(value, format_spec))


_formatter = _Formatter()


def _format(text: str, params: dict[str, Any]) -> str:
    return _formatter.vformat(text, (), params)
