"""Lines into events: in bulk where every line is sound, one by one where not."""

import msgspec
import numpy as np

from services.backend.ingest.tail import Block, Fault
from trainer.contract import events
from trainer.contract.events import Eval, Event, Phase, Step
from trainer.contract.messages import message

MAX_INT = 2**53
"""Whole numbers above it are exact neither in JSON nor in a browser."""
MAX_TS = 1e11
_SHORT = 1 << 14
"""Bytes up to which the calls into NumPy cost more than they gain."""

_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def parse(block: Block) -> list[Event | Fault]:
    """One entry a line of `block`, in order: its event, or why it is none."""
    count = objects(block.data)
    if count is not None:
        try:
            found: list[Event] = _decoder.decode_lines(block.data)
            if len(found) == count and all(map(in_range, found)):
                return list(found)
        except (ValueError, RecursionError):
            pass
    return _parse_each(block)


def objects(data: bytes) -> int | None:
    """How many lines there are, if each begins and ends in braces; else None.

    `decode_lines` does not insist on one object a line. Here line ends can only be between objects, so where it finds
    as many objects as lines, they are one a line.
    """
    if len(data) < _SHORT:
        count = data.count(b"\n")
        is_sound = data.startswith(b"{") and data.endswith(b"}\n") and data.count(b"}\n{") == count - 1
        return count if is_sound else None
    characters = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(characters == ord("\n"))
    is_sound = (
        data.startswith(b"{")
        and bool((characters[ends - 1] == ord("}")).all())
        and bool((characters[ends[:-1] + 1] == ord("{")).all())
    )
    return len(ends) if is_sound else None


def _parse_each(block: Block) -> list[Event | Fault]:
    found: list[Event | Fault] = []
    at = block.start
    for line in block.data.split(b"\n")[:-1]:
        try:
            event = events.decode(line)
            found.append(event if in_range(event) else Fault.of(at, message("out_of_range")))
        except msgspec.ValidationError as error:
            found.append(Fault.of(at, message("no_event", error=error)))
        except RecursionError:
            found.append(Fault.of(at, message("bad_json.deep")))
        except ValueError as error:
            found.append(Fault.of(at, message("bad_json", error=error) if line.strip() else message("bad_json.empty")))
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
