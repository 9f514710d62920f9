import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.backend.ingest.parse import parse
from services.backend.ingest.tail import Block, Fault, Position
from trainer.contract import events

SYSTEM = b'{"type":"system","seq":1,"ts":1.0,"values":{"a":1.5}}'


def parsed(data: bytes) -> list[object]:
    return [item.code if isinstance(item, Fault) else item for item in parse(Block(0, data, Position()))]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"", "bad_json"),
        (b"   ", "bad_json"),
        (b"no json", "bad_json"),
        (SYSTEM[:-1], "bad_json"),
        (SYSTEM + SYSTEM, "bad_json"),
        (b"\x00" * 60, "bad_json"),
        (b'{"type":"warning","seq":1,"ts":1,"code":"\xff","message":""}', "bad_json"),
        (b'{"type":"warning","seq":1,"ts":1,"code":"\\ud800","message":""}', "bad_json"),
        (SYSTEM.replace(b"1.5", b"NaN"), "bad_json"),
        (b'{"type":"warning","seq":1,"ts":1,"code":"","message":"","details":{"a":' + b"[" * 9999, "bad_json"),
        (b"[]", "no_event"),
        (b"{}", "no_event"),
        (b'{"type":"surprise","seq":1,"ts":1}', "no_event"),
        (b'{"type":"step","seq":1,"ts":1,"epoch":0,"values":{}}', "no_event"),
        (SYSTEM.replace(b"1.5", b"1e999"), "no_event"),
        (SYSTEM.replace(b"1.5", b"null"), "no_event"),
        (SYSTEM.replace(b'"seq":1', b'"seq":-1'), "out_of_range"),
        (SYSTEM.replace(b'"seq":1', b'"seq":99999999999999999999'), "out_of_range"),
        (SYSTEM.replace(b'"ts":1.0', b'"ts":1e300'), "out_of_range"),
        (b'{"type":"step","seq":1,"ts":1,"step":99999999999999999999,"epoch":0,"values":{}}', "out_of_range"),
        (b'{"type":"phase","seq":1,"ts":1,"phase":"train","total":99999999999999999999}', "out_of_range"),
    ],
)
def test_a_bad_line_is_set_aside_and_its_neighbours_are_read(line: bytes, code: str) -> None:
    event = events.decode(SYSTEM)
    assert parsed(SYSTEM + b"\n" + line + b"\n" + SYSTEM + b"\n") == [event, code, event]
    faults = [item for item in parse(Block(1000, SYSTEM + b"\n" + line + b"\n", Position())) if isinstance(item, Fault)]
    assert [fault.offset for fault in faults] == [1000 + len(SYSTEM) + 1]
    assert faults[0].reason


def test_lines_may_end_as_on_windows() -> None:
    assert parsed(SYSTEM + b"\r\n" + SYSTEM + b"\n") == [events.decode(SYSTEM)] * 2


def test_one_object_over_two_lines_is_no_event() -> None:
    first, second = SYSTEM.split(b',"values"')
    assert parsed(first + b"\n" + b',"values"' + second + b"\n") == ["bad_json", "bad_json"]
    # as many objects as lines, but not one a line
    assert parsed(first + b"\n" + b',"values"' + second + SYSTEM + b"\n") == ["bad_json", "bad_json"]


pieces = st.one_of(
    st.just(SYSTEM),
    st.just(SYSTEM + b" " + SYSTEM),
    st.sampled_from([b"{", b"}", b"{}", b"", b'"', SYSTEM[:20], SYSTEM[20:], b"\x80"]),
)


@given(st.lists(st.lists(pieces, max_size=3).map(b"".join), max_size=8))
def test_in_bulk_is_as_one_by_one(lines: list[bytes]) -> None:
    found = parsed(b"".join(line + b"\n" for line in lines))
    assert len(found) == len(lines)
    for line, item in zip(lines, found, strict=True):
        try:
            expected: object = events.decode(line)
        except ValueError:
            assert isinstance(item, str)
        else:
            assert item == expected
            assert json.loads(line)["type"] == "system"
