"""Decodes a table's bytes; bytes that are not in its encoding are marked, so that they cost their row alone."""

import codecs
import re
from typing import NamedTuple

from trainer.contract.messages import message
from trainer.contract.problem import Problem

MARK = "\udcff"
"""Stands for bytes that could not be decoded. No encoding yields it."""
_MARKING = "loradeck_mark"
_HANGUL_SHARE = 0.9
"""Of the letters beyond ASCII. Text in another encoding that happens to be valid CP949 has fewer."""
_COMMON_SHARE = 0.5
"""Of the Hangul: syllables that KS X 1001 has, too. CP949's others are rare, but Latin-1 often looks like them."""
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")

codecs.register_error(_MARKING, lambda error: (MARK, error.end))  # type: ignore[attr-defined]


class Decoded(NamedTuple):
    """A text and its encoding. With `is_whole` false it holds MARK where bytes were not in the encoding."""

    text: str
    encoding: str
    is_whole: bool


def decode(content: bytes) -> Decoded:
    """Decode by the byte order mark; without one as UTF-8 or else, if it is Korean text, as CP949.

    Raises: Problem for UTF-16 without a mark.
    """
    encoding = _by_mark(content)
    try:
        return Decoded(content.decode(encoding), encoding, True)
    except UnicodeDecodeError:
        korean = _korean(content) if encoding == "utf-8-sig" else None
        if korean is not None:
            return Decoded(korean, "cp949", True)
        return Decoded(content.decode(encoding, _MARKING), encoding, False)


def is_undecodable(text: str) -> bool:
    """Check whether a text holds MARK or another half of a character, which UTF-8 cannot write."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _by_mark(content: bytes) -> str:
    if content.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\x00" in content[:2]:
        raise Problem(message("metadata_unreadable.unmarked"))
    return "utf-8-sig"


def _korean(content: bytes) -> str | None:
    """Decode from CP949, the encoding of Korean Windows. None if that gives no Korean text."""
    try:
        text = content.decode("cp949")
    except UnicodeDecodeError:
        return None
    letters = [letter for part in _BEYOND_ASCII.findall(text) for letter in part if letter.isalpha()]
    hangul = [letter for letter in letters if "가" <= letter <= "힣"]
    common = len("".join(hangul).encode("euc_kr", "ignore")) // 2
    is_korean = hangul and len(hangul) >= _HANGUL_SHARE * len(letters) and common >= _COMMON_SHARE * len(hangul)
    return text if is_korean else None
