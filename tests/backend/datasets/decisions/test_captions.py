import time
from typing import Any

import pytest

from services.backend.datasets.change_schemas import Replacement
from services.backend.datasets.decisions.captions import replaced
from services.backend.errors import Invalid


def after(caption: str, find: str, replace: str, **more: Any) -> str:
    return replaced([caption], Replacement(find=find, replace=replace, **more))[0]


@pytest.mark.parametrize(
    ("caption", "find", "replace", "more", "result"),
    [
        ("A fox. a Fox!", "fox", "hen", {}, "A hen. a hen!"),
        ("A fox. a Fox!", "fox", "hen", {"match_case": True}, "A hen. a Fox!"),
        ("1+1 (x)", "+1 (", r"\1$", {}, r"1\1$x)"),
        ("a fox", " fox", "", {}, "a"),
        ("one  two   three", " +", " ", {"regex": True}, "one two three"),
        ("The fox", "^the (\\w+)", "a \\1", {"regex": True}, "a fox"),
        ("The fox", "^the", "a", {"regex": True, "match_case": True}, "The fox"),
        ("ÄRGER ärger", "ärger", "x", {}, "x x"),
        ("鳥が飛ぶ", "鳥", "魚", {"regex": True}, "魚が飛ぶ"),
    ],
)
def test_replacing(caption: str, find: str, replace: str, more: dict[str, Any], result: str) -> None:
    assert after(caption, find, replace, **more) == result


def test_no_expression_takes_for_ever() -> None:
    began = time.thread_time()
    for find in ("(a+)+$", "(a|a)+$", "(.*)*(.*)*(.*)*x", "(a|aa)+b"):
        assert after("a" * 19_000 + "!", find, "x", regex=True).endswith("!")
    assert time.thread_time() - began < 10


def test_one_that_is_slow_for_many_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.backend.datasets.decisions.captions.EXPRESSION_S", 0.1)
    with pytest.raises(Invalid, match=r"more than 0\.1 s"):
        replaced(["a" * 10_000] * 1000, Replacement(find="a*b|a", replace="a", regex=True))


@pytest.mark.parametrize("find", ["(", "*", "(?=a)", "(a)\\1", "((a{100}){100}){100}", "[z-a]", "\\"])
def test_an_expression_that_cannot_be_is_refused(find: str) -> None:
    with pytest.raises(Invalid, match="cannot be used") as caught:
        after("a", find, "x", regex=True)
    assert (caught.value.body.code, caught.value.body.field) == ("invalid_regex", "find")


def test_a_group_that_is_not_there_is_refused() -> None:
    with pytest.raises(Invalid, match="cannot be used"):
        after("a", "a", "\\3", regex=True)


@pytest.mark.parametrize("more", [{}, {"regex": True}])
def test_captions_do_not_grow_without_end(more: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="100,000"):
        after("a" * 19_000, "a", "b" * 10_000, **more)
    with pytest.raises(Invalid, match="100,000"):
        after("a" * 19_000, "(.*)", "\\1" * 30, regex=True)


def test_a_caption_too_long_for_an_expression_is_said() -> None:
    with pytest.raises(Invalid, match="20,000"):
        after("a" * 20_001, "a", "b", regex=True)
