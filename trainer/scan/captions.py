"""Measure captions: count tokens as the model will, and look for signs of a wrong encoding.

A caption is cleaned first, as DiffSynth's tokenizer for Wan does it: repaired by ftfy, entities resolved twice, white
space made single.
"""

import html
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import ftfy
from ftfy.badness import is_bad
from tokenizers import Tokenizer

from trainer.contract.config import Problem

TINY_WAN = Path(__file__).parents[1] / "models" / "tiny_wan" / "weights" / "tokenizer"
FILE = "tokenizer.json"
PIECE_CHARACTERS = 20_000
"""Longer captions are counted in pieces: a tokenizer may take more than a time in proportion."""
_LETTERS_LOOKED_AT = 20_000
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

Counted = tuple[int, bool, dict[str, int]]
"""Tokens, misdecoded, scripts."""


class TokenCounter:
    """Count tokens by the tokenizer in a folder."""

    def __init__(self, folder: Path) -> None:
        """Raises: Problem where there is none, or it cannot be read."""
        path = folder / FILE
        if not path.is_file():
            raise Problem(
                "tokenizer_missing",
                f"There is no {FILE} in {folder}.",
                "Name the folder of the model's tokenizer (of Wan2.2: google/umt5-xxl).",
                "tokenizer_path",
            )
        try:
            self._tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # whatever it is, tokenizers raises no narrower one
            hint = "Download the tokenizer again."
            raise Problem("tokenizer_unreadable", f"{path} cannot be read: {error}.", hint, "tokenizer_path") from None
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def count(self, captions: Sequence[str]) -> list[Counted]:
        texts = [caption.encode(errors="replace").decode() for caption in captions]
        pieces = [list(_pieces(clean(text))) for text in texts]
        flat = [piece for those in pieces for piece in those]
        tokens = iter([len(encoding) for encoding in self._tokenizer.encode_batch_fast(flat)])
        # Each piece has been given an end token of its own.
        found = [sum(next(tokens) for _ in those) - len(those) + 1 for those in pieces]
        return [(count, is_misdecoded(text), scripts(text)) for count, text in zip(found, texts, strict=True)]


def clean(text: str) -> str:
    if not text.isascii() or "&" in text or not text.isprintable():  # else nothing would be changed
        text = html.unescape(html.unescape(ftfy.fix_text(text)))
    return " ".join(text.split())


def is_misdecoded(text: str) -> bool:
    return not text.isascii() and (_REPLACEMENT in text or is_bad(text))


def scripts(text: str) -> dict[str, int]:
    """Count a text's letters by script; of a very long text those of its beginning."""
    text = text[:_LETTERS_LOOKED_AT]
    if text.isascii():
        letters = sum(map(str.isalpha, text))
        return {"Latin": letters} if letters else {}
    found = Counter[str]()
    for character, times in Counter(text).items():
        if character.isalpha():
            found[_script(character)] += times
    return dict(found.most_common())


@lru_cache(maxsize=1 << 14)
def _script(letter: str) -> str:
    """Return a letter's script: the first word of its Unicode name, but for a few."""
    word = unicodedata.name(letter, "unknown").split()[0]
    return _NAMED.get(word, word.capitalize())


_NAMED = {"CJK": "Han", "FULLWIDTH": "Latin", "HALFWIDTH": "Katakana", "MODIFIER": "Latin", "FEMININE": "Latin"} | {
    "MASCULINE": "Latin",
    "MICRO": "Greek",
}


def _pieces(text: str) -> Iterator[str]:
    """Cut `text` at spaces, or anywhere if there are none."""
    while len(text) > PIECE_CHARACTERS:
        at = text.rfind(" ", PIECE_CHARACTERS // 2, PIECE_CHARACTERS)
        at = PIECE_CHARACTERS if at < 0 else at
        yield text[:at]
        text = text[at:].lstrip(" ")
    yield text
