"""The token that opens a Loradeck which others can reach: one for the backend, its agents, and people.

It comes from `LORADECK_TOKEN`, or from the file that `LORADECK_TOKEN_FILE` names. No message here repeats it.
"""

import contextlib
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from trainer.contract.messages import message, sentence
from trainer.contract.problem import Problem

TOKEN, TOKEN_FILE = "LORADECK_TOKEN", "LORADECK_TOKEN_FILE"

_FIT = re.compile(r"[!-~]{20,500}")
"""What can stand in an HTTP header, and cannot be tried out."""


def new_token() -> str:
    """A random token of 43 letters, digits, `-` and `_`: 256 bits."""
    return secrets.token_urlsafe(32)


def token_of(environment: Mapping[str, str]) -> str | None:
    """The token that an environment holds or names, None where it does neither. Raises: Problem."""
    file = environment.get(TOKEN_FILE)
    return choose_token(environment.get(TOKEN), Path(file) if file else None)


def choose_token(token: str | None, file: Path | None) -> str | None:
    """The token given as such or by its file; an empty one is none. Raises: Problem."""
    if file is None:
        return _checked(token, TOKEN) if token else None
    if token:
        raise Problem(message("two_tokens", token=TOKEN, file=TOKEN_FILE))
    return read_token(file)


def read_token(file: Path) -> str:
    """The token in a file. Raises: Problem."""
    try:
        with open(file, "rb") as opened:
            content = opened.read(10_000)
    except OSError as error:
        raise Problem(message("token_file", file=file, reason=error.strerror)) from None
    return _checked(content.decode(errors="replace").strip(), sentence("notice.token_file", file=file))


def write_token(file: Path) -> str:
    """Write a new token to `file`, which only its owner may read. Returns: it, or the one that was there.

    Raises: Problem.
    """
    if not os.path.lexists(file):
        try:
            _place(file, new_token())
        except OSError as error:
            raise Problem(message("token_file.unwritable", file=file, reason=error.strerror)) from None
    return read_token(file)


def _place(file: Path, token: str) -> None:
    """Whole or not at all, and never over another: who was first has written the one. Raises: OSError."""
    fd, fresh = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # with mode 0600
    try:
        with open(fd, "w") as opened:
            opened.write(f"{token}\n")
            opened.flush()
            os.fsync(opened.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(fresh, file)
    finally:
        os.unlink(fresh)


def _checked(token: str, where: str) -> str:
    if not token:
        raise Problem(message("empty_token", where=where))
    if not _FIT.fullmatch(token):
        raise Problem(message("bad_token", where=where))
    return token
