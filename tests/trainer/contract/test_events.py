import json
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.contract import events


@given(st.dictionaries(st.text(min_size=1), st.floats()))
def test_values_part_into_json_numbers_and_names(values: dict[str, float]) -> None:
    finite, others = events.split_finite(values)
    assert finite.keys() | others.keys() == values.keys()
    assert not finite.keys() & others.keys()
    assert all(math.isfinite(value) for value in finite.values())
    for name, what in others.items():
        assert str(values[name]) == what


@given(st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False)))
def test_a_step_survives_its_line(values: dict[str, float]) -> None:
    step = events.Step(seq=3, ts=1.5, step=7, epoch=0, values=values)
    line = events.encode(step)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert events.decode(line) == step
    assert json.loads(line)["type"] == "step"


def test_a_field_of_a_later_schema_is_ignored() -> None:
    line = b'{"type":"phase","seq":1,"ts":2.0,"phase":"load","colour":"blue"}'
    assert events.decode(line) == events.Phase(seq=1, ts=2.0, phase="load")


@pytest.mark.parametrize(
    "line", [b"", b"{", b"[]", b'{"type":"nope","seq":1,"ts":1}', b'{"type":"step","seq":1,"ts":1}', b"NaN"]
)
def test_what_is_no_event_is_refused(line: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        events.decode(line)
