from pathlib import Path

import pytest

from trainer.contract.problem import Problem
from trainer.scan.captions import PIECE_CHARACTERS, TINY_WAN, TokenCounter, is_misdecoded, scripts

CAPTIONS = [
    "a red tram crosses the square",
    "",
    "  white \n\n space\tof all kinds ",
    "It\u2019s \u201cquoted\u201d \u2013 caf\u00e9",
    "an &amp;amp; entity &lt;b&gt;",
    "\u7ea2\u8272\u7684\u7535\u8f66",
    "una ni\u00c3\u00b1a",
    "\u0440\u0443\u0441\u0441\u043a\u0438\u0439 text",
    "bell \x07 and a soft\u00adhyphen",
    "word " * 2000,
]


def test_as_many_tokens_as_the_model_is_given() -> None:
    """DiffSynth's own tokenizer, without its limit of 512."""
    from diffsynth.models.wan_video_text_encoder import HuggingfaceTokenizer

    theirs = HuggingfaceTokenizer(str(TINY_WAN), clean="whitespace")
    expected = [theirs(caption, padding=False, truncation=False).shape[1] for caption in CAPTIONS]
    assert [tokens for tokens, _, _ in TokenCounter(TINY_WAN).count(CAPTIONS)] == expected


def test_a_very_long_caption_is_counted_in_pieces() -> None:
    counting = TokenCounter(TINY_WAN)
    ((one, _, _),) = counting.count(["a cat sits there. " * 100])
    ((many, _, _),) = counting.count(["a cat sits there. " * 100 * 20])
    assert len("a cat sits there. " * 2000) > PIECE_CHARACTERS
    assert many == pytest.approx(20 * (one - 1) + 1, abs=4)
    ((endless, _, _),) = counting.count(["x" * 5 * PIECE_CHARACTERS])
    assert endless > 1000


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("a cat", False),
        ("caf\u00e9, na\u00efve, \u00fcber, \u0141\u00f3d\u017a \u2013 \u201cquoted\u201d", False),
        ("\u732b\u304c\u597d\u304d", False),
        ("\u0440\u0443\u0441\u0441\u043a\u0438\u0439", False),
        ("caf\u00c3\u00a9", True),
        ("It\u00e2\u20ac\u2122s", True),
        ("caf\ufffd", True),
    ],
)
def test_text_that_was_read_in_a_wrong_encoding(text: str, is_wrong: bool) -> None:
    assert is_misdecoded(text) is is_wrong


def test_letters_by_script() -> None:
    assert scripts("a cat, 12 \u732b \u043a\u043e\u0442 caf\u00e9!") == {"Latin": 8, "Han": 1, "Cyrillic": 3}
    assert scripts("12, 13!") == {}


def test_no_tokenizer(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"no tokenizer\.json") as caught:
        TokenCounter(tmp_path)
    assert caught.value.code == "tokenizer_missing"
