from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from trainer.contract.captions import orders_of, with_trigger


def test_the_trigger_word_goes_where_the_caption_says_or_in_front() -> None:
    assert with_trigger("a photo of [trigger], [trigger] sits", "제니") == "a photo of 제니, 제니 sits"
    assert with_trigger("a woman on a bench", " 제니 ") == "제니, a woman on a bench"
    assert with_trigger("제니가 앉아 있다", "제니") == "제니가 앉아 있다", "it has the word already"
    assert with_trigger("[trigger] sits", "") == "[trigger] sits"


@given(st.text(max_size=40), st.text(max_size=10))
def test_a_trigger_word_is_put_in_once(caption: str, word: str) -> None:
    once = with_trigger(caption, word)
    assert with_trigger(once, word) == once or "[trigger]" in word


def test_tags_are_ordered_anew_behind_the_trigger_word() -> None:
    caption = "ohwx, tram, rain, night, street"
    found = orders_of(caption, 8, "ohwx")
    assert len(set(found)) == len(found) == 8
    assert found == orders_of(caption, 8, "ohwx"), "the same in every run"
    for order in found:
        assert order.startswith("ohwx, ")
        assert Counter(order.split(", ")) == Counter(caption.split(", "))
    assert any(not order.startswith("ohwx") for order in orders_of(caption, 8))


def test_there_are_no_more_orders_than_the_tags_have() -> None:
    assert set(orders_of("a, b", 32)) == {"a, b", "b, a"}
    assert orders_of("one sentence", 8) == ("one sentence",)
    assert orders_of("ohwx, one sentence", 8, "ohwx") == ("ohwx, one sentence",)
    assert orders_of("a, b, c", 0) == ("a, b, c",)
    assert set(orders_of(" a ,, b ", 9)) == {"a, b", "b, a"}
