"""Lines into events: in bulk where every line is sound, one by one where not."""

import msgspec

from services.backend.tail import Block, Fault
from trainer.contract import events
from trainer.contract.events import Eval, Event, Phase, Step

MAX_INT = 2**53
"""Whole numbers above it are exact neither in JSON nor in a browser."""
MAX_TS = 1e11

_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def parse(block: Block) -> list[Event | Fault]:
    """One entry a line of `block`, in order: its event, or why it is none."""
    if is_one_a_line(block.data):
        try:
            found: list[Event] = _decoder.decode_lines(block.data)
            if len(found) == block.data.count(b"\n") and all(map(in_range, found)):
                return list(found)
        except (ValueError, RecursionError):
            pass
    return _parse_each(block)


def is_one_a_line(data: bytes) -> bool:
    """Whether every line begins and ends in braces. `decode_lines` does not insist on one object a line; here the line
    ends can only be between objects, so as many objects as lines are one a line."""
    count = data.count(b"\n")
    return data.startswith(b"{") and data.count(b"\n{") == count - 1 and data.count(b"}\n") == count


def _parse_each(block: Block) -> list[Event | Fault]:
    found: list[Event | Fault] = []
    at = block.start
    for line in block.data.split(b"\n")[:-1]:
        try:
            event = events.decode(line)
            found.append(event if in_range(event) else Fault(at, "out_of_range", "A number is out of range."))
        except msgspec.ValidationError as error:
            found.append(Fault(at, "no_event", f"{error}."))
        except RecursionError:
            found.append(Fault(at, "bad_json", "Nested too deeply."))
        except ValueError as error:
            found.append(Fault(at, "bad_json", f"{error}." if line.strip() else "An empty line."))
        at += len(line) + 1
    return found


def in_range(event: Event) -> bool:
    """Whether the numbers of `event` are such as the database and a browser can hold."""
    if not (0 <= event.seq <= MAX_INT and 0 <= event.ts <= MAX_TS):
        return False
    if isinstance(event, Step | Eval):
        return 0 <= event.step <= MAX_INT
    if isinstance(event, Phase):
        return all(count is None or 0 <= count <= MAX_INT for count in (event.done, event.total))
    return True
